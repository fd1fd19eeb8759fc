/* Calls a function of the program as if it were another. */
double host_twice(double, int);
int call_wrong(int x) { return host_twice(x, x); }

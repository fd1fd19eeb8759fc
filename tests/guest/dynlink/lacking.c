int first_missing(int), second_missing(int), third_missing(int), fourth_missing(int), fifth_missing(int);
extern int missing_data;
int all(int x)
{
	return first_missing(x) + second_missing(x) + third_missing(x) + fourth_missing(x) + fifth_missing(x) + missing_data;
}

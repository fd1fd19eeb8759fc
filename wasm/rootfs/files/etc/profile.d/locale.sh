# The only locale that the C library knows beside plain C.
: "${LANG:=C.UTF-8}"
export LANG

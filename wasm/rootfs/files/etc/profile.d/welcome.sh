# The playground asks for the message of the day (TABUX_WELCOME); ~/.hushlogin silences it, as with login(1). Shells of
# the API and of pages that embed a terminal begin without. Nothing here starts a program.
if [ "${TABUX_WELCOME-}" ] && [ "${BASH_VERSION-}" ] && [ "${PS1-}" ] && [ ! -e ~/.hushlogin ] && [ -r /etc/motd ]; then
    while IFS= read -r line; do printf '%s\n' "$line"; done < /etc/motd
    unset line
fi
unset TABUX_WELCOME

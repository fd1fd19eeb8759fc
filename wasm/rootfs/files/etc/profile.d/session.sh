# In a named session (sandbox.session, TABUX_SESSION) an interactive login shell goes on where the last one was: in its
# directory and with its exported variables. They are kept in ~/.tabux_session, as commands, when a prompt comes.
# Nothing here starts a program.
if [ "${TABUX_SESSION-}" ] && [ "${BASH_VERSION-}" ] && [ "${PS1-}" ]; then
    # Exported variables and what they were at the first prompt, when all start-up files had been read.
    declare -A __tabux_first=()
    __tabux_kept=

    # The names of all exported variables but those that belong to one shell or to its terminal, in REPLY.
    __tabux_exported() {
        local letter name
        REPLY=()
        for letter in {A..Z} {a..z} _; do
            eval "set -- \${!$letter@}"
            for name; do
                case $name in
                    _ | __tabux_* | BASH* | COLORTERM | COLUMNS | LINES | OLDPWD | PWD | REPLY) continue ;;
                    SHELLOPTS | SHLVL | TABUX_SESSION | TERM) continue ;;
                esac
                [[ ${!name@a} == *x* && ${!name@a} != *[aAr]* ]] && REPLY+=("$name")
            done
        done
    }

    # The first prompt of a shell: remembers how its variables came, then goes on where the last shell was.
    __tabux_resume() {
        local status=$? name
        local -a REPLY
        __tabux_exported
        for name in "${REPLY[@]}"; do __tabux_first[$name]="=${!name}"; done
        [[ -r ~/.tabux_session ]] && . ~/.tabux_session 2> /dev/null
        PROMPT_COMMAND[9]=__tabux_keep
        unset -f __tabux_resume
        return "$status"
    }

    __tabux_keep() {
        local status=$? name text
        local -a REPLY
        local -A now=()
        history -a
        __tabux_exported
        text="cd -- ${PWD@Q}"$'\n'
        for name in "${REPLY[@]}"; do
            now[$name]=1
            [[ ${__tabux_first[$name]-} == "=${!name}" ]] || text+="export $name=${!name@Q}"$'\n'
        done
        for name in "${!__tabux_first[@]}"; do
            [[ ${now[$name]-} ]] || text+="unset -v $name"$'\n'
        done
        if [[ $text != "$__tabux_kept" ]]; then
            __tabux_kept=$text
            # (variables may be secrets; a subshell once is cheaper than asking for the umask each time)
            [[ -e ~/.tabux_session ]] || (umask 077 && : > ~/.tabux_session)
            printf %s "$text" >| ~/.tabux_session
        fi 2> /dev/null
        return "$status"
    }
    PROMPT_COMMAND[9]=__tabux_resume
fi

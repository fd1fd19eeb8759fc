# Read by interactive bash shells of every user, before their own ~/.bashrc.

[ -z "${PS1-}" ] && return

shopt -s checkwinsize
PS1='\u@\h:\w\$ '

# What is not there is explained, by a table that is read only then.
command_not_found_handle() {
    if [[ -r /usr/share/tabux/command-not-found ]]; then
        . /usr/share/tabux/command-not-found
    else
        printf '%s: command not found\n' "$1" >&2
        return 127
    fi
}

# bash-completion is read at the first Tab after a command's name.
if ! shopt -oq posix && [ -r /usr/share/bash-completion/bash_completion ]; then
    __tabux_complete() {
        complete -r -D
        unset -f __tabux_complete
        . /usr/share/bash-completion/bash_completion
        declare -F _completion_loader > /dev/null && _completion_loader "$@"
    }
    complete -D -o bashdefault -o default -F __tabux_complete
fi

# Read by interactive bash shells of every user, before their own ~/.bashrc.

[ -z "${PS1-}" ] && return

shopt -s checkwinsize
PS1='\u@\h:\w\$ '

# Read by interactive bash shells.

case $- in
    *i*) ;;
    *) return ;;
esac

# History: no repeated lines, nothing that begins with a space, and shared by appending.
HISTCONTROL=ignoreboth
HISTSIZE=1000
HISTFILESIZE=2000
shopt -s histappend checkwinsize globstar

# A green name, a blue directory; root's is red.
case $EUID in
    0) PS1='\[\e[1;31m\]\u@\h\[\e[0m\]:\[\e[1;34m\]\w\[\e[0m\]\$ ' ;;
    *) PS1='\[\e[1;32m\]\u@\h\[\e[0m\]:\[\e[1;34m\]\w\[\e[0m\]\$ ' ;;
esac
case $TERM in
    dumb) PS1='\u@\h:\w\$ ' ;;
    xterm*) PS1="\[\e]0;\u@\h: \w\a\]$PS1" ;;
esac

if [ "$TERM" != dumb ]; then
    # Beyond ls's own defaults, as dircolors has it: archives, pictures and films, sound. That program would
    # have to be loaded before the first prompt.
    paint() {
        local colour=$1 ending
        for ending in "${@:2}"; do LS_COLORS+="*.$ending=$colour:"; done
    }
    LS_COLORS=
    paint '01;31' tar tgz gz bz2 xz zst zip 7z rar deb rpm jar
    paint '01;35' jpg jpeg gif bmp png svg webp mp4 mkv webm avi mov
    paint '00;36' mp3 ogg opus flac wav m4a mid
    unset -f paint
    export LS_COLORS
    alias ls='ls --color=auto'
    alias grep='grep --color=auto'
    alias diff='diff --color=auto'
fi
alias ll='ls -alF'
alias la='ls -A'
alias l='ls -CF'

[ -r ~/.bash_aliases ] && . ~/.bash_aliases

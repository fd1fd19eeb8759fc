# The tour: each step says something and offers a command, which runs when Enter is pressed, as it is or changed.
# Files are made in a directory of their own, which is removed at the end.

heading() { printf '\n\e[1;32m%s\e[0m  \e[2m%s\e[0m\n' "$2" "$1"; }
say() { printf '%s\n' "$@"; }

# try COMMAND: offers it on a line that can be edited. Another line may be typed instead, and as many more as one
# likes: an empty line goes on.
try() {
    local line=$1 status
    while :; do
        IFS= read -e -r -i "$line" -p $'\001\e[1;34m\002tour$\001\e[0m\002 ' line || { leave; exit 0; }
        case $line in
            '') return ;;
            q | quit | exit) leave; exit 0 ;;
        esac
        history -s -- "$line"
        eval "$line"
        status=$?
        ((status == 0)) || printf '\e[2m(status %d)\e[0m\n' "$status"
        line=
    done
}

leave() {
    cd / && rm -rf -- "$place"
    printf '\nThat was the tour; "tour" begins it again, "tour STEP" at a step.\n'
}

steps=(files pipes search edit manual jobs git languages yours)

step_files() {
    say 'A real bash, with the GNU tools that Debian has. Commands are loaded when they are first' \
        'used. Press Enter to run the command below, or change it first; Enter alone goes on.'
    try 'printf "pears\napples\nplums\n" > fruit; ls -l; cat fruit'
}
step_pipes() {
    say 'Programs run side by side, joined by pipes: here, the commonest letters.'
    try 'fold -w1 fruit | sort | uniq -c | sort -rn | head -n 4'
}
step_search() {
    say 'find, grep, rg, sed, awk and jq are those that you know.'
    try 'grep -n --color=always pl fruit | sed "s/plums/damsons/"; find / -maxdepth 2 -name "s*bin"'
}
step_edit() {
    say 'vim, nano and ed edit files. In nano, Ctrl+O and Enter save, and Ctrl+X leaves.'
    try 'nano fruit'
}
step_manual() {
    say 'Every program has its manual page: q leaves it, / searches in it.'
    try 'man uniq'
}
step_jobs() {
    say 'Processes are real: jobs run in the background, Ctrl+Z stops one and Ctrl+C ends it.'
    try 'sleep 60 & sleep 61 & ps -o pid,stat,args; kill %1 %2; wait'
}
step_git() {
    say 'git keeps versions.'
    try 'git -c init.defaultBranch=main init -q . && git add fruit && git -c user.name=me -c user.email=me@example.invalid commit -m "Fruit" && git log --oneline'
}
step_languages() {
    say 'Python is CPython, with pip; there are Lua, QuickJS (qjs), sqlite3 and awk as well.'
    try 'type -P python3 > /dev/null && python3 -c "import sys; print(sys.version)"; qjs -e "console.log(2n ** 100n)"'
}
step_yours() {
    say 'What you make in /home/user is kept by this browser. "tabux snapshot" keeps it as it is' \
        'now, "download FILE" gives you a file, "upload" and dropping onto the page bring files in.'
    try 'tabux status'
}

usage() {
    printf 'Usage: tour [STEP]\nA tour of tabux in the terminal; steps: %s.\n' "${steps[*]}"
}

first=0
case ${1-} in
    '') ;;
    -h | --help) usage; exit 0 ;;
    *)
        for ((first = 0; first < ${#steps[@]}; first++)); do [[ ${steps[first]} != "$1" ]] || break; done
        ((first < ${#steps[@]} && $# == 1)) || { usage >&2; exit 2; }
        ;;
esac
[[ -t 0 && -t 1 ]] || { echo 'tour: standard input and output must be a terminal' >&2; exit 1; }

place=$(mktemp -d) && cd -- "$place" || exit
printf '\e[1mA tour of tabux.\e[0m q leaves it.\n'
if ((first > 0)); then printf 'pears\napples\nplums\n' > fruit; fi
for ((i = first; i < ${#steps[@]}; i++)); do
    heading "$((i + 1)) of ${#steps[@]}" "${steps[i]^}"
    "step_${steps[i]}"
done
leave

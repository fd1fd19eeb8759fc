# Read by login shells.

if [ -n "${BASH_VERSION-}" ] && [ -r "$HOME/.bashrc" ]; then
    . "$HOME/.bashrc"
fi

# pip makes ~/.local/bin when it first installs a command: it is found from then on
PATH=$HOME/.local/bin:$PATH
if [ -d "$HOME/bin" ]; then
    PATH=$HOME/bin:$PATH
fi

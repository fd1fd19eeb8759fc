# Read by login shells.

if [ -n "${BASH_VERSION-}" ] && [ -r "$HOME/.bashrc" ]; then
    . "$HOME/.bashrc"
fi

for place in "$HOME/bin" "$HOME/.local/bin"; do
    [ -d "$place" ] && PATH=$place:$PATH
done
unset place

"""Sockets: names, ports, connections and options. The bytes are in the gate (web/gate/socket*.js)."""

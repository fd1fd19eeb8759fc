// A relay for the tests, by another implementation of WISP than the site's: every name leads to this machine. The first
// line that it prints is its port; then there is one for each connection that it is asked for, and one when it is
// held up because the browser takes no more, with the bytes that it has taken, and one when its WebSocket has been closed,
// as JSON.
import { createServer } from "node:http";
import { logging, server } from "@mercuryworkshop/wisp-js/server";

logging.set_level(logging.NONE);
Object.assign(server.options, {
  allow_loopback_ips: true,
  allow_udp_streams: false,
  dns_method: async () => "127.0.0.1",
});

const { create_stream: create } = server.ServerConnection.prototype;
server.ServerConnection.prototype.create_stream = function (stream, type, host, port) {
  console.log(JSON.stringify({ host, port }));
  const { ws } = this;
  ws.ws.on("close", () => console.log(JSON.stringify({ closed: port })));
  const send = ws.send.bind(ws);
  let told = false;
  ws.send = (packet) => {
    const sent = send(packet);
    const queued = ws.ws.bufferedAmount;
    if (!told && queued > ws.send_buffer_size) {
      told = true;
      console.log(JSON.stringify({ port, taken: ws.ws._socket.bytesWritten - queued }));
    }
    return sent;
  };
  return create.call(this, stream, type, host, port);
};

const listener = createServer((_request, response) => response.writeHead(404).end());
listener.on("upgrade", (request, socket, head) => server.routeRequest(request, socket, head));
listener.listen(0, "127.0.0.1", () => console.log(listener.address().port));
// (it ends with the tests)
process.stdin.on("end", () => process.exit(0)).resume();

// A server of WebSockets for the tests, by another implementation than the site's. The first line that it prints is its
// port; then there is one for each request, with its path and headers, as JSON.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const listener = createServer((_request, response) => response.writeHead(404).end());
const sockets = new WebSocketServer({
  noServer: true,
  maxPayload: 1 << 26,
  handleProtocols: (offered) => (offered.has("second") ? "second" : false),
});
const serve = {
  "/echo": (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })),
  "/leave": (socket) => socket.close(4002, "bye"),
  "/break": (socket) => socket.terminate(),
  "/count": (socket) => {
    let count = 0;
    socket.on("message", (data) => {
      count += data.length;
    });
    socket.on("close", (code, reason) => console.log(JSON.stringify({ count, code, reason: String(reason) })));
  },
};
listener.on("upgrade", (request, socket, head) => {
  console.log(JSON.stringify({ path: request.url, headers: request.headers }));
  const accept = serve[request.url];
  if (!accept) socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  else
    sockets.handleUpgrade(request, socket, head, (opened) => {
      opened.on("error", () => {}); // (it closes the connection itself)
      accept(opened);
    });
});
listener.listen(0, "127.0.0.1", () => console.log(listener.address().port));
// (it ends with the tests)
process.stdin.on("end", () => process.exit(0)).resume();

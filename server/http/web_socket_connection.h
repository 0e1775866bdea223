// A connection that became a WebSocket.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "server/http/connections.h"
#include "server/http/web_socket.h"

namespace millrace {

// Whether the request asks for a WebSocket.
bool asks_for_web_socket(const Request& request);

// Answers the request, whose connection the socket is, and calls the handler when the WebSocket is open. On the front's
// thread.
void open_web_socket(Connections& front, boost::asio::ip::tcp::socket socket, Request request,
                     const WebSocketHandler& handler);

}  // namespace millrace

// The origin of tests/support/webs.py in Go. Arguments: [key certificate]. Prints its port.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
)

func answer(response http.ResponseWriter, request *http.Request) {
	switch request.URL.Path {
	case "/small":
		io.WriteString(response, "hello\n")
	case "/big":
		half := bytes.Repeat([]byte("x"), 1<<19)
		response.Write(half)
		response.(http.Flusher).Flush() // without a length: chunked
		response.Write(half)
	case "/redirect":
		http.Redirect(response, request, "/small", http.StatusFound)
	case "/gzip":
		body := strings.Repeat("hello\n", 1000)
		if !strings.Contains(request.Header.Get("Accept-Encoding"), "gzip") {
			io.WriteString(response, body)
			return
		}
		response.Header().Set("Content-Encoding", "gzip")
		packed := gzip.NewWriter(response)
		io.WriteString(packed, body)
		packed.Close()
	case "/echo":
		body, _ := io.ReadAll(request.Body)
		response.Write(body)
	case "/close":
		response.Header().Set("Connection", "close")
		io.WriteString(response, "hello\n")
	default:
		response.WriteHeader(http.StatusNotFound)
		io.WriteString(response, "nothing here\n")
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	server := &http.Server{Handler: http.HandlerFunc(answer), ErrorLog: log.New(io.Discard, "", 0)}
	if len(os.Args) == 3 {
		log.Fatal(server.ServeTLS(listener, os.Args[2], os.Args[1]))
	}
	log.Fatal(server.Serve(listener))
}

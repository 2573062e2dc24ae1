// A template: copy it, put your client in place of `client`, build it, and name it: headrace bench s3 --beside ./mine. As it stands
// it does nothing but count, which is the lower limit of a peer in Go. docs/peers.md has the protocol.
package main

import "headrace.example/peers/peer"

type client struct{ size int }

// One operation: the bytes of bodies that it sent and received, or an error that says what is wrong.
func (made *client) do(name, key string) (int, int, error) {
	switch name {
	case "put":
		return made.size, 0, nil
	case "get":
		return 0, made.size, nil
	}
	return 0, 0, nil
}

func main() {
	peer.Run("template", func(work *peer.Work) (*peer.Result, error) {
		made := &client{size: work.SizeBytes}
		result := &peer.Result{Settings: map[string]any{"pool": work.Pool}, Versions: map[string]any{"template": "1"}}
		result.Measure(work, func(name string, index int) (int, int, error) { return made.do(name, work.Key(index)) })
		return result, nil
	})
}

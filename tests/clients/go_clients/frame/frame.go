// Package frame runs a client's operations in the order of operations.txt and prints a line each, as client_cases.py
// does. It reads HR_OPERATIONS, the file, and the names and keys of the store as all clients do.
package frame

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"runtime/debug"
	"strings"
	"time"
)

const (
	Region     = "us-east-1"
	whyMax     = 400
	fetchLimit = time.Minute
	MiB        = 1 << 20
)

// Object and Large are what is sent; Blanks are keys that clients get wrong; Listed are those to be listed.
var (
	Object = random(100_000)
	Large  = random(12 * MiB)
	Blanks = []string{"a b+c.txt", "two  blanks/100% sure.txt", "größe/测试.txt"}
	Tags   = map[string]string{"colour": "blue", "two words": "a+b c"}
	Listed = listed()
)

var (
	notImplemented = regexp.MustCompile(`(?i)not ?implemented|\b501\b`)
	refusedWord    = regexp.MustCompile(`is not implemented(: [\w-]+)`)
)

// Gap is the error of what a client has not.
type Gap string

func (gap Gap) Error() string { return string(gap) }

// Operations are the tests by name.
type Operations map[string]func() error

func random(size int) []byte {
	data := make([]byte, size)
	_, _ = rand.Read(data)
	return data
}

func listed() []string {
	var keys []string
	for index := 0; index < 12; index++ {
		keys = append(keys, fmt.Sprintf("list/a/%02d", index))
	}
	for index := 0; index < 13; index++ {
		keys = append(keys, fmt.Sprintf("list/b/%02d", index))
	}
	return keys
}

// Bucket is a name of this run's own.
func Bucket(client string) string { return client + "-" + hex.EncodeToString(random(4)) }

// Same tells where two differ.
func Same(got, wanted any) error {
	if left, ok := got.([]byte); ok {
		if right := wanted.([]byte); !bytes.Equal(left, right) {
			return fmt.Errorf("%d bytes came back, not the %d", len(left), len(right))
		}
		return nil
	}
	if left, right := fmt.Sprint(got), fmt.Sprint(wanted); left != right {
		return fmt.Errorf("%s, not %s", left, right)
	}
	return nil
}

// Fetch reads a URL without credentials.
func Fetch(url string) ([]byte, error) {
	client := http.Client{Timeout: fetchLimit, Transport: &http.Transport{Proxy: nil}}
	response, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, errors.New(response.Status)
	}
	return io.ReadAll(response.Body)
}

// version is that of the module in this program.
func version(module string) string {
	info, _ := debug.ReadBuildInfo()
	for _, dependency := range info.Deps {
		if dependency.Path == module {
			return strings.TrimPrefix(dependency.Version, "v")
		}
	}
	return "unknown"
}

func names() []string {
	file, err := os.Open(os.Getenv("HR_OPERATIONS"))
	if err != nil {
		panic(err)
	}
	defer file.Close()
	var names []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		name, _, _ := strings.Cut(lines.Text(), ":")
		names = append(names, name)
	}
	return names
}

// result is the line of one operation, and whether it is a failure.
func result(client, name string, run func() error) (string, bool) {
	if run == nil {
		return fmt.Sprintf("fail: %s: %s: the program has no such operation", client, name), true
	}
	err := run()
	var gap Gap
	switch {
	case err == nil:
		return fmt.Sprintf("ok: %s: %s", client, name), false
	case errors.As(err, &gap):
		return fmt.Sprintf("gap: %s: %s: %s", client, name, string(gap)), false
	case notImplemented.MatchString(err.Error()):
		word := append(refusedWord.FindStringSubmatch(err.Error()), "", "")[1]
		return fmt.Sprintf("gap: %s: %s: not yet in the store%s", client, name, word), false
	}
	why := strings.Join(strings.Fields(err.Error()), " ")
	return fmt.Sprintf("fail: %s: %s: %.*s", client, name, whyMax, why), true
}

// Main runs all of them and ends the program.
func Main(client, module string, operations Operations) {
	fmt.Printf("version: %s: %s\n", client, version(module))
	status := 0
	for _, name := range names() {
		line, failed := result(client, name, operations[name])
		fmt.Println(line)
		if failed {
			status = 1
		}
	}
	os.Exit(status)
}

// Missing is an operation that the client has not.
func Missing(why string) func() error {
	return func() error { return Gap(why) }
}

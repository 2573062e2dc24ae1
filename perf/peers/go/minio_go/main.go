// minio-go: goroutines, a pool of as many connections. Speaks the protocol of docs/peers.md.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"net/url"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"headrace.example/peers/peer"
)

var checksums = map[string]minio.ChecksumType{"auto": minio.ChecksumCRC32, "crc32": minio.ChecksumCRC32, "crc32c": minio.ChecksumCRC32C,
	"crc64nvme": minio.ChecksumCRC64NVME, "sha1": minio.ChecksumSHA1, "sha256": minio.ChecksumSHA256, "none": minio.ChecksumNone}

func keys(work *peer.Work) *credentials.Credentials {
	if work.AccessKey != "" {
		return credentials.NewStaticV4(work.AccessKey, work.SecretKey, "")
	}
	return credentials.NewChainCredentials([]credentials.Provider{&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}})
}

func connect(work *peer.Work) (*minio.Core, error) {
	endpoint, err := url.Parse(work.Endpoint)
	if err != nil {
		return nil, err
	}
	secure := endpoint.Scheme == "https"
	transport, err := minio.DefaultTransport(secure)
	if err != nil {
		return nil, err
	}
	transport.MaxIdleConnsPerHost, transport.MaxConnsPerHost = work.Pool, work.Pool
	if work.CAFile != "" {
		trusted, roots := []byte(nil), x509.NewCertPool()
		if trusted, err = os.ReadFile(work.CAFile); err != nil {
			return nil, err
		}
		roots.AppendCertsFromPEM(trusted)
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	client, err := minio.New(endpoint.Host, &minio.Options{Creds: keys(work), Secure: secure, Region: work.Region, Transport: transport,
		BucketLookup: minio.BucketLookupPath, MaxRetries: work.Attempts, TrailingHeaders: work.Checksum != "none"})
	return &minio.Core{Client: client}, err
}

// A checksum in the head, which takes a client that has trailers: in a trailer it comes with a field of uploads in parts, which strict stores refuse.
func putOptions(work *peer.Work, body []byte) minio.PutObjectOptions {
	made := minio.PutObjectOptions{DisableContentSha256: work.Payload == "unsigned", DisableMultipart: true}
	if kind := checksums[work.Checksum]; kind.IsSet() {
		sum := kind.Hasher()
		_, _ = sum.Write(body)
		made.UserMetadata = map[string]string{kind.Key(): base64.StdEncoding.EncodeToString(sum.Sum(nil))}
	}
	return made
}

func operationOf(client *minio.Core, work *peer.Work) peer.Operation {
	body := work.Body()
	return func(name string, index int) (int, int, error) {
		within, cancel := context.WithTimeout(context.Background(), time.Duration(work.TimeoutS*float64(time.Second)))
		defer cancel()
		switch name {
		case "put":
			_, err := client.Client.PutObject(within, work.Bucket, work.Key(index), bytes.NewReader(body), int64(len(body)), putOptions(work, body))
			return len(body), 0, err
		case "get":
			stream, _, _, err := client.GetObject(within, work.Bucket, work.Key(index), minio.GetObjectOptions{})
			if err != nil {
				return 0, 0, err
			}
			defer stream.Close()
			count, err := io.Copy(io.Discard, stream)
			return 0, int(count), err
		case "head":
			_, err := client.StatObject(within, work.Bucket, work.Key(index), minio.StatObjectOptions{})
			return 0, 0, err
		case "delete":
			return 0, 0, client.RemoveObject(within, work.Bucket, work.Key(index), minio.RemoveObjectOptions{})
		}
		_, err := client.ListObjectsV2(work.Bucket, work.BucketPrefix(index), "", "", "", 100)
		return 0, 0, err
	}
}

func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/minio/minio-go/v7" {
			return strings.TrimPrefix(module.Version, "v")
		}
	}
	return "unknown"
}

func measure(work *peer.Work) (*peer.Result, error) {
	work.Checksum = strings.ToLower(work.Checksum)
	if _, known := checksums[work.Checksum]; !known {
		return nil, fmt.Errorf("this peer sends no checksum %s", work.Checksum)
	}
	client, err := connect(work)
	if err != nil {
		return nil, err
	}
	payload, checksum := work.Payload, work.Checksum
	if strings.HasPrefix(work.Endpoint, "https:") {
		payload = "unsigned" // over TLS it never signs them
	}
	if checksum == "auto" {
		checksum = "crc32"
	}
	result := &peer.Result{Versions: map[string]any{"minio-go": version()},
		Settings: map[string]any{"payload": payload, "checksum": checksum, "retries": fmt.Sprintf("its own, %d attempts", work.Attempts),
			"pool": work.Pool, "threads": runtime.GOMAXPROCS(0)}}
	result.Measure(work, operationOf(client, work))
	return result, nil
}

func main() {
	peer.Run("minio-go", measure)
}

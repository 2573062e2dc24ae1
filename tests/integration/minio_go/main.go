// minio-go against the embedded S3-compatible server: it signs every chunk of a body on plain HTTP. Reads HR_ENDPOINT,
// AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; prints a line a test; ends non-zero on failure.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

var passed, failed int

func check(name string, err error) {
	if err == nil {
		passed++
		fmt.Printf("ok: minio-go, %s\n", name)
	} else {
		failed++
		fmt.Printf("fail: minio-go, %s: %v\n", name, err)
	}
}

func connect(secret string, trailing bool) *minio.Client {
	endpoint, err := url.Parse(os.Getenv("HR_ENDPOINT"))
	if err != nil {
		panic(err)
	}
	client, err := minio.New(endpoint.Host, &minio.Options{
		Creds:           credentials.NewStaticV4(os.Getenv("AWS_ACCESS_KEY_ID"), secret, ""),
		Region:          "us-east-1",
		TrailingHeaders: trailing,
		MaxRetries:      1,
	})
	if err != nil {
		panic(err)
	}
	return client
}

func random(size int) []byte {
	data := make([]byte, size)
	_, _ = rand.Read(data)
	return data
}

// roundTrip writes an object, reads it back, and finds it in a listing.
func roundTrip(client *minio.Client, bucket, key string, data []byte, options minio.PutObjectOptions) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := client.PutObject(ctx, bucket, key, bytes.NewReader(data), int64(len(data)), options); err != nil {
		return fmt.Errorf("put: %w", err)
	}
	object, err := client.GetObject(ctx, bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return fmt.Errorf("get: %w", err)
	}
	defer object.Close()
	got, err := io.ReadAll(object)
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	if !bytes.Equal(got, data) {
		return errors.New("the bytes that came back differ")
	}
	for item := range client.ListObjects(ctx, bucket, minio.ListObjectsOptions{Prefix: key}) {
		if item.Err != nil {
			return fmt.Errorf("list: %w", item.Err)
		}
		if item.Key == key && item.Size == int64(len(data)) {
			return nil
		}
	}
	return errors.New("it is not listed")
}

func main() {
	ctx := context.Background()
	secret := os.Getenv("AWS_SECRET_ACCESS_KEY")
	bucket := fmt.Sprintf("minio-go-%x", random(4))
	for _, trailing := range []bool{false, true} {
		client := connect(secret, trailing)
		check(fmt.Sprintf("make bucket, trailing headers %v", trailing), client.MakeBucket(ctx, bucket, minio.MakeBucketOptions{}))
		for _, key := range []string{"a b+c%20&=?#.txt", "deep/er/ünïcödé/测试", "quote'\"<&>", "tilde~-_.", "double//slash"} {
			check(fmt.Sprintf("signed chunks, %q, trailing headers %v", key, trailing),
				roundTrip(client, bucket, key, random(100000), minio.PutObjectOptions{}))
		}
		for _, size := range []int{0, 1, 8191, 8192, 65536, 65537, 1 << 20} {
			check(fmt.Sprintf("signed chunks, %d bytes, trailing headers %v", size, trailing),
				roundTrip(client, bucket, "sized", random(size), minio.PutObjectOptions{}))
		}
		check(fmt.Sprintf("multipart of 20 MiB, trailing headers %v", trailing),
			roundTrip(client, bucket, "large", random(20<<20), minio.PutObjectOptions{PartSize: 5 << 20}))
		for result := range client.RemoveObjects(ctx, bucket, client.ListObjects(ctx, bucket, minio.ListObjectsOptions{Recursive: true}), minio.RemoveObjectsOptions{}) {
			check("remove "+result.ObjectName, result.Err)
		}
		check("remove bucket", client.RemoveBucket(ctx, bucket))
	}
	_, err := connect("wrong", false).ListBuckets(ctx)
	if code := minio.ToErrorResponse(err).Code; code == "SignatureDoesNotMatch" {
		err = nil
	} else {
		err = fmt.Errorf("%s: %v", code, err)
	}
	check("a wrong secret is SignatureDoesNotMatch", err)
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}

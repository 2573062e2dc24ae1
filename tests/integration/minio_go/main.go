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
	"net/http"
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

// copies copies an object whose key has blanks and pluses, alone and as parts of another.
func copies(client *minio.Client, bucket string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	data := random(5 << 20)
	key := "a  +b c%20&=?#.txt"
	options := minio.PutObjectOptions{UserMetadata: map[string]string{"colour": "dark blue"}, ContentType: "x/y"}
	if _, err := client.PutObject(ctx, bucket, key, bytes.NewReader(data), int64(len(data)), options); err != nil {
		return fmt.Errorf("put: %w", err)
	}
	source := minio.CopySrcOptions{Bucket: bucket, Object: key}
	if _, err := client.CopyObject(ctx, minio.CopyDestOptions{Bucket: bucket, Object: "copied"}, source); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	info, err := client.StatObject(ctx, bucket, "copied", minio.StatObjectOptions{})
	if err != nil || info.UserMetadata["Colour"] != "dark blue" || info.ContentType != "x/y" {
		return fmt.Errorf("stat: %w %v", err, info)
	}
	replaced := minio.CopyDestOptions{Bucket: bucket, Object: "copied", ReplaceMetadata: true, UserMetadata: map[string]string{"n": "7"}}
	if _, err := client.CopyObject(ctx, replaced, source); err != nil {
		return fmt.Errorf("copy with metadata: %w", err)
	}
	whole := minio.CopyDestOptions{Bucket: bucket, Object: "composed"}
	if _, err := client.ComposeObject(ctx, whole, source, source); err != nil {
		return fmt.Errorf("compose: %w", err)
	}
	if info, err = client.StatObject(ctx, bucket, "composed", minio.StatObjectOptions{}); err != nil || info.Size != 10<<20 {
		return fmt.Errorf("stat of the composed: %w %v", err, info)
	}
	return nil
}

// presigned puts and gets by URL.
func presigned(client *minio.Client, bucket string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	data := random(1000)
	at, err := client.PresignedPutObject(ctx, bucket, "by url", time.Minute)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, at.String(), bytes.NewReader(data))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil || answer.StatusCode != 200 {
		return fmt.Errorf("put: %w %v", err, answer)
	}
	answer.Body.Close()
	at, err = client.PresignedGetObject(ctx, bucket, "by url", time.Minute, url.Values{"response-content-type": {"a/b"}})
	if err != nil {
		return err
	}
	answer, err = http.Get(at.String())
	if err != nil || answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "a/b" {
		return fmt.Errorf("get: %w %v", err, answer)
	}
	defer answer.Body.Close()
	if got, err := io.ReadAll(answer.Body); err != nil || !bytes.Equal(got, data) {
		return fmt.Errorf("the bytes that came back differ: %w", err)
	}
	return nil
}

// settings asks for what is not configured.
func settings(client *minio.Client, bucket string) error {
	ctx := context.Background()
	if policy, err := client.GetBucketPolicy(ctx, bucket); err != nil || policy != "" {
		return fmt.Errorf("policy: %w %q", err, policy)
	}
	if versioning, err := client.GetBucketVersioning(ctx, bucket); err != nil || versioning.Enabled() {
		return fmt.Errorf("versioning: %w %v", err, versioning)
	}
	if _, err := client.GetBucketLifecycle(ctx, bucket); minio.ToErrorResponse(err).Code != "NoSuchLifecycleConfiguration" {
		return fmt.Errorf("lifecycle: %w", err)
	}
	if _, err := client.GetBucketEncryption(ctx, bucket); err != nil {
		return fmt.Errorf("encryption: %w", err)
	}
	if found, err := client.BucketExists(ctx, bucket+"-absent"); err != nil || found {
		return fmt.Errorf("exists: %w %v", err, found)
	}
	return nil
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
		check(fmt.Sprintf("copies, trailing headers %v", trailing), copies(client, bucket))
		check(fmt.Sprintf("presigned URLs, trailing headers %v", trailing), presigned(client, bucket))
		check(fmt.Sprintf("settings, trailing headers %v", trailing), settings(client, bucket))
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

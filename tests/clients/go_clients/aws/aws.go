// The AWS SDK for Go, and its upload manager, against the embedded store.
package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"headrace.example/clients/frame"
)

var (
	ctx    = context.Background()
	client = s3.New(s3.Options{
		BaseEndpoint:     aws.String(os.Getenv("HR_ENDPOINT")),
		Region:           frame.Region,
		UsePathStyle:     true,
		RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(os.Getenv("AWS_ACCESS_KEY_ID"),
			os.Getenv("AWS_SECRET_ACCESS_KEY"), ""),
	})
	bucket = frame.Bucket("awsgo")
	other  = bucket + "-other"
)

func put(key string, data []byte, metadata map[string]string) error {
	_, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(data),
		ContentType: aws.String("text/x-test"), Metadata: metadata})
	return err
}

func read(from, key string, bytesOf *string) ([]byte, error) {
	response, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &from, Key: &key, Range: bytesOf})
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}

// comesBack reads an object and compares it.
func comesBack(from, key string, wanted []byte) error {
	got, err := read(from, key, nil)
	return errors.Join(err, frame.Same(got, wanted))
}

func buckets() error {
	for _, name := range []string{bucket, other} {
		if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name}); err != nil {
			return err
		}
	}
	listed, err := client.ListBuckets(ctx, &s3.ListBucketsInput{})
	if err != nil {
		return err
	}
	found := 0
	for _, each := range listed.Buckets {
		if *each.Name == bucket || *each.Name == other {
			found++
		}
	}
	return frame.Same(found, 2)
}

func ranged() error {
	if err := put("range", frame.Object, nil); err != nil {
		return err
	}
	got, err := read(bucket, "range", aws.String("bytes=1000-1999"))
	return errors.Join(err, frame.Same(got, frame.Object[1000:2000]))
}

func keys(from, prefix string) ([]string, error) {
	var found []string
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &from, Prefix: &prefix, MaxKeys: aws.Int32(10)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, each := range page.Contents {
			found = append(found, *each.Key)
		}
	}
	return found, nil
}

func list() error {
	for _, key := range frame.Listed {
		if err := put(key, []byte("x"), nil); err != nil {
			return err
		}
	}
	all, err := keys(bucket, "list/")
	if err != nil {
		return err
	}
	page, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: aws.String("list/"), Delimiter: aws.String("/")})
	if err != nil {
		return err
	}
	var folders []string
	for _, each := range page.CommonPrefixes {
		folders = append(folders, *each.Prefix)
	}
	return errors.Join(frame.Same(all, frame.Listed), frame.Same(folders, []string{"list/a/", "list/b/"}))
}

func metadata() error {
	if err := put("metadata", []byte("x"), map[string]string{"colour": "dark blue"}); err != nil {
		return err
	}
	head, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: aws.String("metadata")})
	if err != nil {
		return err
	}
	return frame.Same(*head.ContentType+", "+head.Metadata["colour"], "text/x-test, dark blue")
}

func tagging() error {
	key := aws.String("tags")
	if err := put(*key, []byte("x"), nil); err != nil {
		return err
	}
	wanted := &types.Tagging{}
	for name, value := range frame.Tags {
		wanted.TagSet = append(wanted.TagSet, types.Tag{Key: aws.String(name), Value: aws.String(value)})
	}
	if _, err := client.PutObjectTagging(ctx, &s3.PutObjectTaggingInput{Bucket: &bucket, Key: key, Tagging: wanted}); err != nil {
		return err
	}
	got, err := client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: &bucket, Key: key})
	if err != nil {
		return err
	}
	found := map[string]string{}
	for _, tag := range got.TagSet {
		found[*tag.Key] = *tag.Value
	}
	_, err = client.DeleteObjectTagging(ctx, &s3.DeleteObjectTaggingInput{Bucket: &bucket, Key: key})
	return errors.Join(err, frame.Same(found, frame.Tags))
}

func copyTo(to, key, from string) error {
	source := (&url.URL{Path: bucket + "/" + from}).EscapedPath()
	source = strings.ReplaceAll(source, "+", "%2B")
	_, err := client.CopyObject(ctx, &s3.CopyObjectInput{Bucket: &to, Key: &key, CopySource: &source})
	return err
}

func copies() error {
	if err := put("source", frame.Object, map[string]string{"colour": "blue"}); err != nil {
		return err
	}
	if err := copyTo(bucket, "copied", "source"); err != nil {
		return err
	}
	head, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: aws.String("copied")})
	if err != nil {
		return err
	}
	return errors.Join(frame.Same(head.Metadata["colour"], "blue"), comesBack(bucket, "copied", frame.Object))
}

func otherBucket() error {
	return errors.Join(copyTo(other, "copied", "source"), comesBack(other, "copied", frame.Object))
}

func blanks() error {
	for _, key := range frame.Blanks {
		data, moved := []byte(key), "moved/"+key
		if err := errors.Join(put(key, data, nil), comesBack(bucket, key, data), copyTo(bucket, moved, key)); err != nil {
			return err
		}
		found, err := keys(bucket, moved)
		if err = errors.Join(err, comesBack(bucket, moved, data), frame.Same(found, []string{moved})); err != nil {
			return err
		}
	}
	return nil
}

func multipart() error {
	key := aws.String("multipart")
	uploader := manager.NewUploader(client, func(uploader *manager.Uploader) { uploader.PartSize = 5 * frame.MiB })
	if _, err := uploader.Upload(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: key, Body: bytes.NewReader(frame.Large)}); err != nil {
		return err
	}
	head, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: key})
	if err != nil {
		return err
	}
	return errors.Join(frame.Same(strings.HasSuffix(*head.ETag, `-3"`), true), comesBack(bucket, *key, frame.Large))
}

func presign() error {
	if err := put("presign", frame.Object, nil); err != nil {
		return err
	}
	signer := s3.NewPresignClient(client, s3.WithPresignExpires(time.Minute))
	request, err := signer.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("presign")})
	if err != nil {
		return err
	}
	got, err := frame.Fetch(request.URL)
	return errors.Join(err, frame.Same(got, frame.Object))
}

// empty removes all that a bucket holds with one request for many, and the bucket.
func empty(name string) error {
	all, err := keys(name, "")
	if err != nil {
		return err
	}
	many := &types.Delete{}
	for _, key := range all {
		many.Objects = append(many.Objects, types.ObjectIdentifier{Key: aws.String(key)})
	}
	done, err := client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &name, Delete: many})
	if err != nil {
		return err
	}
	_, err = client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &name})
	return errors.Join(err, frame.Same(len(done.Deleted), len(all)))
}

func remove() error {
	key := aws.String("put")
	if _, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: key}); err != nil {
		return err
	}
	var notFound *types.NotFound
	if _, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: key}); !errors.As(err, &notFound) {
		return errors.New("the object is still there")
	}
	return errors.Join(empty(bucket), empty(other))
}

func main() {
	frame.Main("aws-sdk-go", "github.com/aws/aws-sdk-go-v2/service/s3", frame.Operations{
		"bucket":       buckets,
		"put":          func() error { return put("put", frame.Object, nil) },
		"get":          func() error { return comesBack(bucket, "put", frame.Object) },
		"range":        ranged,
		"list":         list,
		"metadata":     metadata,
		"tags":         tagging,
		"copy":         copies,
		"other-bucket": otherBucket,
		"blanks":       blanks,
		"multipart":    multipart,
		"presign":      presign,
		"sync":         frame.Missing("the client has no such call"),
		"delete":       remove,
	})
}

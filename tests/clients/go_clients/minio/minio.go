// minio-go against the embedded store: on plain HTTP it signs every chunk of a body.
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

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/tags"

	"headrace.example/clients/frame"
)

var (
	ctx    = context.Background()
	s3     = connect()
	bucket = frame.Bucket("miniogo")
	other  = bucket + "-other"
)

func connect() *minio.Client {
	endpoint, err := url.Parse(os.Getenv("HR_ENDPOINT"))
	if err != nil {
		panic(err)
	}
	client, err := minio.New(endpoint.Host, &minio.Options{
		Creds:      credentials.NewStaticV4(os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), ""),
		Region:     frame.Region,
		MaxRetries: 1,
	})
	if err != nil {
		panic(err)
	}
	return client
}

func put(key string, data []byte, options minio.PutObjectOptions) error {
	_, err := s3.PutObject(ctx, bucket, key, bytes.NewReader(data), int64(len(data)), options)
	return err
}

func read(bucket, key string, options minio.GetObjectOptions) ([]byte, error) {
	object, err := s3.GetObject(ctx, bucket, key, options)
	if err != nil {
		return nil, err
	}
	defer object.Close()
	return io.ReadAll(object)
}

// comesBack reads an object and compares it.
func comesBack(bucket, key string, wanted []byte) error {
	got, err := read(bucket, key, minio.GetObjectOptions{})
	return errors.Join(err, frame.Same(got, wanted))
}

// written puts an object and reads it back.
func written(key string, data []byte, options minio.PutObjectOptions) error {
	if err := put(key, data, options); err != nil {
		return err
	}
	return comesBack(bucket, key, data)
}

func buckets() error {
	for _, name := range []string{bucket, other} {
		if err := s3.MakeBucket(ctx, name, minio.MakeBucketOptions{Region: frame.Region}); err != nil {
			return err
		}
	}
	listed, err := s3.ListBuckets(ctx)
	found := 0
	for _, each := range listed {
		if each.Name == bucket || each.Name == other {
			found++
		}
	}
	return errors.Join(err, frame.Same(found, 2))
}

func ranged() error {
	if err := put("range", frame.Object, minio.PutObjectOptions{}); err != nil {
		return err
	}
	options := minio.GetObjectOptions{}
	if err := options.SetRange(1000, 1999); err != nil {
		return err
	}
	got, err := read(bucket, "range", options)
	return errors.Join(err, frame.Same(got, frame.Object[1000:2000]))
}

func keys(prefix string, recursive bool) ([]string, error) {
	var found []string
	for item := range s3.ListObjects(ctx, bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: recursive, MaxKeys: 10}) {
		if item.Err != nil {
			return nil, item.Err
		}
		found = append(found, item.Key)
	}
	return found, nil
}

func list() error {
	for _, key := range frame.Listed {
		if err := put(key, []byte("x"), minio.PutObjectOptions{}); err != nil {
			return err
		}
	}
	all, err := keys("list/", true)
	folders, other := keys("list/", false)
	return errors.Join(err, other, frame.Same(all, frame.Listed), frame.Same(folders, []string{"list/a/", "list/b/"}))
}

func metadata() error {
	options := minio.PutObjectOptions{UserMetadata: map[string]string{"colour": "dark blue"}, ContentType: "text/x-test"}
	if err := put("metadata", []byte("x"), options); err != nil {
		return err
	}
	info, err := s3.StatObject(ctx, bucket, "metadata", minio.StatObjectOptions{})
	return errors.Join(err, frame.Same(info.ContentType+", "+info.UserMetadata["Colour"], "text/x-test, dark blue"))
}

func tagging() error {
	if err := put("tags", []byte("x"), minio.PutObjectOptions{}); err != nil {
		return err
	}
	wanted, err := tags.NewTags(frame.Tags, true)
	if err != nil {
		return err
	}
	if err := s3.PutObjectTagging(ctx, bucket, "tags", wanted, minio.PutObjectTaggingOptions{}); err != nil {
		return err
	}
	got, err := s3.GetObjectTagging(ctx, bucket, "tags", minio.GetObjectTaggingOptions{})
	if err != nil {
		return err
	}
	return errors.Join(frame.Same(got.ToMap(), frame.Tags),
		s3.RemoveObjectTagging(ctx, bucket, "tags", minio.RemoveObjectTaggingOptions{}))
}

func copyTo(to, key, from string) error {
	_, err := s3.CopyObject(ctx, minio.CopyDestOptions{Bucket: to, Object: key}, minio.CopySrcOptions{Bucket: bucket, Object: from})
	return err
}

func copies() error {
	if err := put("source", frame.Object, minio.PutObjectOptions{UserMetadata: map[string]string{"colour": "blue"}}); err != nil {
		return err
	}
	if err := copyTo(bucket, "copied", "source"); err != nil {
		return err
	}
	info, err := s3.StatObject(ctx, bucket, "copied", minio.StatObjectOptions{})
	return errors.Join(err, frame.Same(info.UserMetadata["Colour"], "blue"), comesBack(bucket, "copied", frame.Object))
}

func otherBucket() error {
	return errors.Join(copyTo(other, "copied", "source"), comesBack(other, "copied", frame.Object))
}

func blanks() error {
	for _, key := range frame.Blanks {
		data := []byte(key)
		if err := written(key, data, minio.PutObjectOptions{}); err != nil {
			return err
		}
		if err := copyTo(bucket, "moved/"+key, key); err != nil {
			return err
		}
		found, err := keys("moved/"+key, true)
		if err = errors.Join(err, comesBack(bucket, "moved/"+key, data), frame.Same(found, []string{"moved/" + key})); err != nil {
			return err
		}
	}
	return nil
}

func multipart() error {
	if err := written("multipart", frame.Large, minio.PutObjectOptions{PartSize: 5 * frame.MiB}); err != nil {
		return err
	}
	info, err := s3.StatObject(ctx, bucket, "multipart", minio.StatObjectOptions{})
	return errors.Join(err, frame.Same(strings.HasSuffix(info.ETag, "-3"), true))
}

func presign() error {
	if err := put("presign", frame.Object, minio.PutObjectOptions{}); err != nil {
		return err
	}
	at, err := s3.PresignedGetObject(ctx, bucket, "presign", time.Minute, url.Values{})
	if err != nil {
		return err
	}
	got, err := frame.Fetch(at.String())
	return errors.Join(err, frame.Same(got, frame.Object))
}

// empty removes all that a bucket holds with one request for many, and the bucket.
func empty(name string) error {
	objects := s3.ListObjects(ctx, name, minio.ListObjectsOptions{Recursive: true})
	for failed := range s3.RemoveObjects(ctx, name, objects, minio.RemoveObjectsOptions{}) {
		return failed.Err
	}
	return s3.RemoveBucket(ctx, name)
}

func remove() error {
	if err := s3.RemoveObject(ctx, bucket, "put", minio.RemoveObjectOptions{}); err != nil {
		return err
	}
	if _, err := s3.StatObject(ctx, bucket, "put", minio.StatObjectOptions{}); minio.ToErrorResponse(err).StatusCode != 404 {
		return errors.New("the object is still there")
	}
	return errors.Join(empty(bucket), empty(other))
}

func main() {
	frame.Main("minio-go", "github.com/minio/minio-go/v7", frame.Operations{
		"bucket":       buckets,
		"put":          func() error { return put("put", frame.Object, minio.PutObjectOptions{}) },
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

package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/milosgajdos/taurus/internal/objects"
)

const (
	// DefaultHost is asked for a bucket of which no endpoint is named.
	DefaultHost = "s3.amazonaws.com"

	// retries is how often a request is sent at most, connectMax how long a connection may
	// take to be made, answerMax how long the answer to a request may be waited for.
	retries    = 5
	connectMax = 10 * time.Second
	answerMax  = 30 * time.Second
	idleMax    = 90 * time.Second
)

// Options say where a bucket is.
type Options struct {
	// Host is host or host:port, empty for DefaultHost; Plain has it asked without TLS.
	Host  string
	Plain bool
	// Region is empty where it is to be asked for.
	Region string
	Bucket string
	// Prefix is before the name of every object, without a slash at its end; it may be
	// empty.
	Prefix string
	// CredentialsFile is a file as those of the aws command line; empty takes the
	// environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), or what that names
	// (AWS_SHARED_CREDENTIALS_FILE).
	CredentialsFile string
	Pace            *objects.Pace
	// Page is how many names are asked for at once; 0 is as many as the store tells.
	Page int
}

// Store is a bucket, or a part of it.
type Store struct {
	client    minio.Core
	transport *http.Transport
	o         Options
}

// New returns the store of a bucket. Nothing is asked of it yet.
func New(o Options) (*Store, error) {
	if o.Host == "" {
		o.Host = DefaultHost
	}
	var from credentials.Provider = &credentials.Chain{Providers: []credentials.Provider{&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}}}
	if o.CredentialsFile != "" {
		from = &credentials.FileAWSCredentials{Filename: o.CredentialsFile}
	}
	direct := transport()
	client, err := minio.New(o.Host, &minio.Options{
		Creds: credentials.New(from), Secure: !o.Plain, Region: o.Region, MaxRetries: retries, Transport: paced{direct, o.Pace},
	})
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	return &Store{client: minio.Core{Client: client}, transport: direct, o: o}, nil
}

func transport() *http.Transport {
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: connectMax}).DialContext,
		TLSHandshakeTimeout: connectMax, ResponseHeaderTimeout: answerMax, IdleConnTimeout: idleMax,
		// What is compressed stays so.
		DisableCompression: true, ForceAttemptHTTP2: true,
	}
}

// paced sends and hears at a pace.
type paced struct {
	http.RoundTripper
	pace *objects.Pace
}

// RoundTrip implements http.RoundTripper.
func (p paced) RoundTrip(r *http.Request) (*http.Response, error) {
	if p.pace == nil {
		return p.RoundTripper.RoundTrip(r)
	}
	sent := r.Clone(r.Context())
	if r.Body != nil && r.Body != http.NoBody {
		sent.Body = p.pace.Reader(r.Context(), r.Body)
	}
	answer, err := p.RoundTripper.RoundTrip(sent)
	if err == nil {
		answer.Body = p.pace.Reader(r.Context(), answer.Body)
	}
	return answer, err
}

// Close ends the connections that nobody uses.
func (s *Store) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

// String implements objects.Store.
func (s *Store) String() string { return "s3://" + s.o.Bucket + "/" + s.o.Prefix + " at " + s.o.Host }

// key is the name of an object in the bucket.
func (s *Store) key(name string) string {
	if s.o.Prefix == "" {
		return name
	}
	return s.o.Prefix + "/" + name
}

// Put implements objects.Store.
func (s *Store) Put(ctx context.Context, name string, content []byte) error {
	if err := objects.CheckName(name); err != nil {
		return err
	}
	// Not every store knows conditional writes.
	if _, err := s.client.StatObject(ctx, s.o.Bucket, s.key(name), minio.StatObjectOptions{}); err == nil {
		return fmt.Errorf("%s: %w", name, objects.ErrExists)
	} else if err = s.fault(name, err); !errors.Is(err, objects.ErrNotFound) {
		return err
	}
	o := minio.PutObjectOptions{ContentType: "application/octet-stream", SendContentMd5: true, DisableMultipart: true}
	o.SetMatchETagExcept("*")
	_, err := s.client.Client.PutObject(ctx, s.o.Bucket, s.key(name), bytes.NewReader(content), int64(len(content)), o)
	return s.fault(name, err)
}

// Get implements objects.Store.
func (s *Store) Get(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error) {
	if err := objects.CheckName(name); err != nil {
		return nil, err
	}
	var o minio.GetObjectOptions
	if offset > 0 || length > 0 {
		last := int64(0) // For SetRange: up to the end.
		if length > 0 {
			last = offset + length - 1
		}
		if err := o.SetRange(offset, last); err != nil {
			return nil, fmt.Errorf("s3: %w", err)
		}
	}
	body, _, _, err := s.client.GetObject(ctx, s.o.Bucket, s.key(name), o)
	if err != nil {
		return nil, s.fault(name, err)
	}
	return body, nil
}

// List implements objects.Store.
func (s *Store) List(ctx context.Context, prefix, after string) iter.Seq2[objects.Object, error] {
	return func(yield func(objects.Object, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		o := minio.ListObjectsOptions{Prefix: s.key(prefix), Recursive: true, MaxKeys: s.o.Page}
		if after != "" {
			o.StartAfter = s.key(after)
		}
		for info := range s.client.ListObjectsIter(ctx, s.o.Bucket, o) {
			if info.Err != nil {
				yield(objects.Object{}, s.fault("", info.Err))
				return
			}
			name := strings.TrimPrefix(info.Key, s.key(""))
			if objects.CheckName(name) != nil || name <= after {
				continue // Of others.
			}
			if !yield(objects.Object{Name: name, Size: info.Size}, nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(objects.Object{}, err)
		}
	}
}

// fault puts what a store answered into the terms of package objects.
func (s *Store) fault(name string, err error) error {
	if err == nil {
		return nil
	}
	is := minio.ToErrorResponse(err)
	var kind error
	switch {
	case is.Code == minio.NoSuchKey, is.StatusCode == http.StatusNotFound && is.Code != minio.NoSuchBucket:
		kind = objects.ErrNotFound
	case is.Code == minio.PreconditionFailed, is.StatusCode == http.StatusPreconditionFailed:
		kind = objects.ErrExists
	case is.Code == minio.NoSuchBucket, is.StatusCode == http.StatusForbidden, is.StatusCode == http.StatusUnauthorized:
		kind = objects.ErrRefused
	default:
		return fmt.Errorf("s3: %s %s: %w", s, name, err)
	}
	return fmt.Errorf("s3: %s %s: %w: %w", s, name, kind, err)
}

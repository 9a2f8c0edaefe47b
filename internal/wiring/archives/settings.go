package archives

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/milosgajdos/taurus/internal/archive"
	"github.com/milosgajdos/taurus/internal/objects"
	"github.com/milosgajdos/taurus/internal/objects/s3"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

const (
	urlFlag         = "archive"
	credentialsFlag = "archive-credentials" //nolint:gosec // It names a flag.
	rateFlag        = "rate"
)

// Settings say where the archive is.
type Settings struct {
	url, credentials string
	rate             service.Bytes

	place place
}

// place is where an archive is: a directory, or else a bucket.
type place struct {
	dir string
	s3  s3.Options
}

// Register declares the settings.
func (a *Settings) Register(s *service.Settings) {
	f := s.Flags()
	f.StringVar(&a.url, urlFlag, "", "`URL` of the archive of the log: file:///DIR, or s3://BUCKET/PREFIX?endpoint=HOST:PORT&region=REGION, of AWS without endpoint")
	f.StringVar(&a.credentials, credentialsFlag, "", "`file` with the credentials of a bucket, as those of the aws command line, which nobody else may read (default that of AWS_SHARED_CREDENTIALS_FILE, or the environment AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)")
}

// RegisterRate declares the bound on what goes to the archive and comes from it.
func (a *Settings) RegisterRate(s *service.Settings) {
	s.Flags().Var(&a.rate, rateFlag, "`size` that goes to the archive, and comes from it, in a second, such as 4MiB; 0 is without a bound")
}

// Complete refuses what cannot work. An archive need not be named.
func (a *Settings) Complete(s *service.Settings) error {
	if a.url == "" {
		if a.credentials != "" {
			return s.Refuse(credentialsFlag, "needs --"+urlFlag)
		}
		return nil
	}
	var err error
	if a.place, err = parse(a.url); err != nil {
		return s.Refuse(urlFlag, err.Error())
	}
	if a.credentials == "" {
		return nil
	}
	if a.place.dir != "" {
		return s.Refuse(credentialsFlag, "is for buckets, and --"+urlFlag+" is a directory")
	}
	if err := private(a.credentials); err != nil {
		return s.Refuse(credentialsFlag, err.Error())
	}
	a.place.s3.CredentialsFile = a.credentials
	return nil
}

// Required is Complete where an archive has to be named.
func (a *Settings) Required(s *service.Settings) error {
	if a.url == "" {
		return s.Refuse(urlFlag, "is missing: say where the archive is")
	}
	return a.Complete(s)
}

// Open returns the archive, of which nothing is asked yet, and what ends its connections.
func (a *Settings) Open() (*archive.Archive, func() error, error) {
	pace := objects.NewPace(uint64(a.rate))
	if a.place.dir != "" {
		return archive.New(objects.NewDir(a.place.dir, pace)), func() error { return nil }, nil
	}
	a.place.s3.Pace = pace
	store, err := s3.New(a.place.s3)
	if err != nil {
		return nil, nil, err
	}
	return archive.New(store), store.Close, nil
}

// Join returns a log behind its archive for a service, or as it is where no archive is
// named.
func (a *Settings) Join(env *service.Env, log eventlog.Log) (eventlog.Log, error) {
	if a.url == "" {
		return log, nil
	}
	opened, end, err := a.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", service.ErrUsage, err)
	}
	env.OnStop("connection to the archive", end)
	env.Tell("archive", opened.Store().String())
	return archive.Join(log, opened), nil
}

var (
	errURL      = errors.New("want file:///DIR or s3://BUCKET/PREFIX?endpoint=HOST:PORT")
	errDir      = errors.New("of a directory want file:///DIR, an absolute path")
	errUser     = errors.New("has credentials in it, which everybody sees: use --" + credentialsFlag + " or the environment")
	errPlain    = errors.New("asks the endpoint without TLS, and whoever is on the way reads the log: use https, or accept that by insecure=true")
	errReadable = errors.New("may be read by others: chmod 600")
)

func parse(text string) (place, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return place{}, errURL
	case u.User != nil:
		return place{}, errUser
	case u.Scheme == "file":
		if u.Host != "" || !filepath.IsAbs(u.Path) || u.RawQuery != "" {
			return place{}, errDir
		}
		return place{dir: filepath.Clean(u.Path)}, nil
	case u.Scheme != "s3" || u.Host == "":
		return place{}, errURL
	}
	o := s3.Options{Bucket: u.Host, Prefix: strings.Trim(u.Path, "/")}
	if o.Prefix != "" && objects.CheckName(o.Prefix) != nil {
		return place{}, fmt.Errorf("the prefix %w", objects.CheckName(o.Prefix))
	}
	return query(o, u.Query())
}

// query is what a URL says behind the question mark.
func query(o s3.Options, q url.Values) (place, error) {
	insecure := false
	for key, values := range q {
		value := values[len(values)-1]
		switch key {
		case "endpoint":
			rest, plain := strings.CutPrefix(value, "http://")
			o.Host, o.Plain = strings.TrimSuffix(strings.TrimPrefix(rest, "https://"), "/"), plain
		case "region":
			o.Region = value
		case "insecure":
			insecure = value == "true"
		default:
			return place{}, fmt.Errorf("%w; %q is neither endpoint, region nor insecure", errURL, key)
		}
	}
	if o.Plain && !insecure && !loopback(o.Host) {
		return place{}, errPlain
	}
	return place{s3: o}, nil
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	if !strings.Contains(host, ":") {
		host += ":80"
	}
	return service.Loopback(host)
}

// private refuses a file that others may read.
func private(file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("cannot be read: %w", err)
	}
	const others = 0o077
	if info.Mode().Perm()&others != 0 {
		return errReadable
	}
	return nil
}

package servercert

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"github.com/milosgajdos/taurus/internal/atomicfile"
)

// ErrKey is returned for a file that holds no key that was made here.
var ErrKey = errors.New("holds no ECDSA key in PEM: remove it to have one made, and give clients the new ca.pem")

const (
	keyType  = "PRIVATE KEY"
	certType = "CERTIFICATE"

	serialBits = 128
	// skew is how far the clocks of clients may be behind.
	skew = time.Hour
)

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newKey() (key *ecdsa.PrivateKey, text []byte, err error) {
	if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	return key, pem.EncodeToMemory(&pem.Block{Type: keyType, Bytes: der}), nil
}

func parseKey(text []byte) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != keyType {
		return nil, ErrKey
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(*ecdsa.PrivateKey)
	if err != nil || !ok {
		return nil, ErrKey
	}
	return key, nil
}

// readCert is the certificate in a file; nil if there is none that can be read.
func readCert(file string) (*x509.Certificate, error) {
	text, err := os.ReadFile(filepath.Clean(file))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // It is to be made.
	}
	if err != nil {
		return nil, wrap(err)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != certType {
		return nil, nil //nolint:nilnil // It is to be made.
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, nil //nolint:nilnil,nilerr // It is to be made.
	}
	return cert, nil
}

func writeCert(file string, der []byte) error {
	return wrap(atomicfile.Replace(file, pem.EncodeToMemory(&pem.Block{Type: certType, Bytes: der})))
}

// isOf reports whether a certificate is for a key.
func isOf(cert *x509.Certificate, key *ecdsa.PrivateKey) bool {
	return key.PublicKey.Equal(cert.PublicKey)
}

// signed reports whether a certificate is this authority's.
func (a authority) signed(cert *x509.Certificate) bool { return cert.CheckSignatureFrom(a.cert) == nil }

// newAuthority certifies a key as an authority. Of the same key it is the same one to what
// it has signed.
func newAuthority(key *ecdsa.PrivateKey, now time.Time) (authority, error) {
	template := x509.Certificate{
		Subject: pkix.Name{Organization: []string{"taurus"}, CommonName: "taurus, made by taurus tls create"},
		IsCA:    true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: now.Add(-skew), NotAfter: now.Add(Authority),
	}
	der, err := create(&template, &template, key, key)
	if err != nil {
		return authority{}, err
	}
	cert, err := x509.ParseCertificate(der)
	return authority{cert, key}, wrap(err)
}

// sign makes the certificate of a server.
func (a authority) sign(key *ecdsa.PrivateKey, names Names, now time.Time) (der []byte, until time.Time, err error) {
	until = now.Add(Server).UTC().Truncate(time.Second)
	template := x509.Certificate{
		Subject: pkix.Name{Organization: []string{"taurus"}}, DNSNames: names.Hosts, IPAddresses: names.Addresses,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		NotBefore: now.Add(-skew), NotAfter: until,
	}
	if a.cert.NotAfter.Before(until) {
		until, template.NotAfter = a.cert.NotAfter, a.cert.NotAfter
	}
	der, err = create(&template, a.cert, key, a.key)
	return der, until, err
}

func create(template, parent *x509.Certificate, of, by *ecdsa.PrivateKey) (der []byte, err error) {
	template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), serialBits))
	if err == nil {
		der, err = x509.CreateCertificate(rand.Reader, template, parent, of.Public(), by)
	}
	if err != nil {
		return nil, fmt.Errorf("certificates: sign: %w", err)
	}
	return der, nil
}

package job

import "github.com/distribution/reference"

// Image is a reference to an image, all its parts told apart.
type Image struct {
	// Name is the registry and the repository: docker.io/library/nginx of nginx.
	Name string
	// Tag is empty where there is none but a digest; without either it is latest.
	Tag string
	// Digest is empty where the reference names none.
	Digest string
}

// ParseImage reads a reference by Docker's own grammar, and fills in what it leaves out.
func ParseImage(image string) (Image, error) {
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return Image{}, err
	}
	named = reference.TagNameOnly(named)
	of := Image{Name: named.Name()}
	if tagged, ok := named.(reference.Tagged); ok {
		of.Tag = tagged.Tag()
	}
	if digested, ok := named.(reference.Digested); ok {
		of.Digest = digested.Digest().String()
	}
	return of, nil
}

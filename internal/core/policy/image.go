package policy

import (
	"strings"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/job"
)

// image holds what is run against what may be. What a tag stands for is for its registry to
// say; a digest alone is sure.
func (c *checker) image(at, image string) {
	if image == "" || c.rule.Images == nil {
		return
	}
	of, err := job.ParseImage(image)
	if err != nil {
		c.forbid(at, "%s is no Docker image", quote(image))
		return
	}
	if mayBeID(image) {
		c.forbid(at, "%s may be the beginning of the id of any image that the agent has; give it a tag, such as %s:%s", quote(image), image, of.Tag)
		return
	}
	var names, tags []string
	untold := false
	for _, may := range c.rule.Images {
		names = append(names, may.Name)
		if !access.Fits(may.Name, of.Name) {
			continue
		}
		digest := !may.Digest || of.Digest != ""
		// With a digest the tag says nothing, and is not asked for.
		tag := may.Tags == nil || of.Tag != "" && anyFits(may.Tags, of.Tag) || of.Tag == "" && of.Digest != ""
		if digest && tag {
			return
		}
		untold = untold || !digest
		if !tag {
			tags = append(tags, may.Tags...)
		}
	}
	switch {
	case untold:
		c.forbid(at, "%s must name its digest: %s@sha256:...", quote(image), of.Name)
	case tags != nil:
		c.forbid(at, "%s must not have the tag %s; use %s", quote(image), quote(of.Tag), oneOf(tags))
	default:
		c.forbid(at, "%s, which is %s, must not be run; what may be is %s", quote(image), of.Name, oneOf(names))
	}
}

// mayBeID reports whether Docker takes a reference for an id, where it has no image of that
// name: whatever it was pulled as, and by whom.
func mayBeID(image string) bool { return strings.Trim(image, "0123456789abcdef") == "" }

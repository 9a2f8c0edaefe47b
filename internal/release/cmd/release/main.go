// Command release is for make: tidy brings every go.mod and go.sum in line, and
// a version makes its commit and tags.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/milosgajdos/taurus/internal/release"
)

func main() {
	if err := do(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func do(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("want tidy, or a version such as v0.3.0")
	}
	if args[0] == "tidy" {
		return release.Tidy(ctx, ".")
	}
	tags, err := release.Release(ctx, ".", args[0])
	if err != nil {
		return err
	}
	fmt.Printf("made %s; to publish it:\n\n\tgit push --atomic origin HEAD %s\n", args[0], strings.Join(tags, " "))
	return nil
}

package release

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// repo is a git repository with its files.
type repo string

// git runs git in the repository, and returns what it says without the newline.
func (r repo) git(ctx context.Context, args ...string) (string, error) {
	return run(ctx, string(r), nil, "git", args...)
}

// run runs a program in dir with more in its environment.
func run(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	var out, why bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &why
	cmd.Env = append(append(os.Environ(), "PWD="+dir), env...)
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, bytes.TrimSpace(why.Bytes()))
	}
	return strings.TrimRight(out.String(), "\n"), nil
}

// Snapshot makes a repository in dir, which must be empty, of the files under
// root as they are now, whether they are committed or not; what .gitignore names
// stays out.
func Snapshot(ctx context.Context, root, dir string) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	taken := filepath.Join(dir, ".git")
	for _, args := range [][]string{
		{"init", "--quiet", "--initial-branch=main", dir},
		{"--git-dir", taken, "--work-tree", root, "add", "--all", "."},
		{"-C", dir, "config", "user.name", "snapshot"},
		{"-C", dir, "config", "user.email", "snapshot@localhost"},
		{"-C", dir, "config", "commit.gpgsign", "false"},
		{"-C", dir, "config", "tag.gpgsign", "false"},
		{"-C", dir, "commit", "--quiet", "--no-verify", "--message", "Snapshot"},
		{"-C", dir, "reset", "--quiet", "--hard"},
	} {
		if _, err := run(ctx, root, nil, "git", args...); err != nil {
			return err
		}
	}
	return nil
}

// Package command is the launcher as a process: its settings, and what it is made of.
package command

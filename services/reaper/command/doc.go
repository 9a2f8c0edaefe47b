// Package command is the reaper as a process: its settings, and what it is made of.
package command

// Package command is the api as a process: its settings, and what it is made of.
package command

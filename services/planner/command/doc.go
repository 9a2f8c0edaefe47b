// Package command is the planner as a process: its settings, and what it is made of.
package command

// Package write carries users' commands out: it decides on the folded state,
// appends on the condition that the job did not move, settles answers that were
// lost, and returns once what it appended is folded.
package write

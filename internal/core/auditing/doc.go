// Package auditing decides which of the api's answers are recorded, and how those that
// are alike become one record. It does no I/O; what is recorded is appended elsewhere,
// once the answer is known.
//
// Recorded are what was done, or was to be done and failed; whatever was refused; and
// looks at what tasks write, at tokens, roles and the audit. Other reads are not. What is
// done has a record of its own each time. Of what comes in numbers, the first is
// recorded at once, and those like it that follow once a minute, with their count.
package auditing

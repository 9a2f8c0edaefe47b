// Package story tells the events of the log in sentences, for people who want to
// know what happened rather than how it is stored. It is pure; an event of a type
// it does not know is told by its type.
package story

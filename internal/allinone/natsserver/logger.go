package natsserver

import (
	"fmt"
	"sync/atomic"

	"github.com/rs/zerolog"
)

// logger hands the server's log on, its notices as debug: they are many.
type logger struct {
	log   zerolog.Logger
	fatal atomic.Pointer[string]
}

// Noticef implements server.Logger.
func (l *logger) Noticef(format string, v ...any) { l.log.Debug().Msgf(format, v...) }

// Warnf implements server.Logger.
func (l *logger) Warnf(format string, v ...any) { l.log.Warn().Msgf(format, v...) }

// Fatalf implements server.Logger. It keeps the message for Start and does not
// end the process: that is for main to do.
func (l *logger) Fatalf(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	l.fatal.CompareAndSwap(nil, &text)
	l.log.Error().Msg(text)
}

// Errorf implements server.Logger.
func (l *logger) Errorf(format string, v ...any) { l.log.Error().Msgf(format, v...) }

// Debugf implements server.Logger.
func (l *logger) Debugf(format string, v ...any) { l.log.Debug().Msgf(format, v...) }

// Tracef implements server.Logger.
func (l *logger) Tracef(format string, v ...any) { l.log.Trace().Msgf(format, v...) }

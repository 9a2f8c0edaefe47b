package jetstream

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// Codes that nats-server answers an append with.
const (
	codeWrongLastSequence         = 10071 // With the sequence found.
	codeWrongLastSequenceConstant = 10164 // While another is in flight, mostly on three replicas.
	codeStoreFailed               = 10077 // MaxBytes with DiscardNew, or the disk.
	codeAccountExceeded           = 10002
	codeInsufficientResources     = 10023
	codeClusterNotAvailable       = 10008
	codeClusterNotLeader          = 10009
	codeDuplicateInProcess        = 10158
	codeTooManyRequests           = 10167
	codeIncompleteBatch           = 10176
	codeTooManyBatches            = 10210
	codeStreamOffline             = 10118
	codeStreamOfflineReason       = 10194
	codeReconfiguring             = 10226
	codeMessageTooLarge           = 10054
	codeHeaderTooLarge            = 10097
	codeBatchTooLarge             = 10199
	codeNoMessageFound            = 10037
)

// errNotTaken marks an append that the server has said, or the client knows,
// to have stored nothing and that may be sent again.
var errNotTaken = errors.New("not taken")

// classify turns the error of one attempt to append into what callers act on.
// Whatever it does not know may have been stored.
func classify(err error) error {
	var api *jetstream.APIError
	switch {
	case errors.As(err, &api):
		return classifyAPI(api)
	case errors.Is(err, jetstream.ErrNoStreamResponse), errors.Is(err, nats.ErrNoResponders),
		errors.Is(err, nats.ErrReconnectBufExceeded), errors.Is(err, jetstream.ErrTooManyStalledMsgs):
		return fmt.Errorf("%w: %w", errNotTaken, err)
	case errors.Is(err, nats.ErrMaxPayload):
		return fmt.Errorf("%w: the server's max_payload is below MaxMessage: %w", eventlog.ErrTooLarge, err)
	case errors.Is(err, nats.ErrBadSubject), errors.Is(err, nats.ErrInvalidMsg):
		return fmt.Errorf("%w: %w", eventlog.ErrInvalid, err)
	}

	return fmt.Errorf("%w: %w", eventlog.ErrOutcomeUnknown, err)
}

func classifyAPI(api *jetstream.APIError) error {
	switch api.ErrorCode {
	case codeWrongLastSequence, codeWrongLastSequenceConstant:
		return fmt.Errorf("%w: %w", eventlog.ErrConflict, api)
	case codeStoreFailed:
		if full := classifyFull(api); full != nil {
			return full
		}
		// The disk failed. Whether before or after the write nobody knows.
		return fmt.Errorf("%w: %w", eventlog.ErrOutcomeUnknown, api)
	case codeStorageExceeded, codeAccountExceeded:
		return classifyFull(api)
	case codeInsufficientResources:
		// Its store is full; one of three leads no more then, and another may have room.
		return fmt.Errorf("%w: %w", errNotTaken, classifyFull(api))
	case codeMessageTooLarge, codeHeaderTooLarge, codeBatchTooLarge:
		return fmt.Errorf("%w: %w", eventlog.ErrTooLarge, api)
	case codeDuplicateInProcess, codeTooManyRequests, codeClusterNotAvailable, codeClusterNotLeader,
		codeIncompleteBatch, codeTooManyBatches, codeStreamOffline,
		codeStreamOfflineReason, codeReconfiguring:
		return fmt.Errorf("%w: %w", errNotTaken, api)
	}

	return fmt.Errorf("jetstream: refused: %w", api)
}

// classifyFull returns the *eventlog.FullError that an answer of the server stands for,
// nil if there is none.
func classifyFull(err error) error {
	var api *jetstream.APIError
	if !errors.As(err, &api) {
		return nil
	}
	switch api.ErrorCode {
	case codeStoreFailed:
		if strings.Contains(api.Description, "maximum") {
			return &eventlog.FullError{Limit: eventlog.LimitLog, Cause: api}
		}
	case codeAccountExceeded:
		return &eventlog.FullError{Limit: eventlog.LimitAccount, Cause: api}
	case codeStorageExceeded, codeInsufficientResources:
		return &eventlog.FullError{Limit: eventlog.LimitServer, Cause: api}
	}

	return nil
}

// unavailable wraps what went wrong while reading or asking.
func unavailable(err error) error {
	return fmt.Errorf("%w: %w", eventlog.ErrUnavailable, err)
}

// reason is err for the log, and no attribute at all if there is none: NATS
// closes connections without saying why.
func reason(err error) slog.Attr {
	if err == nil {
		return slog.Attr{}
	}

	return slog.Any("error", err)
}

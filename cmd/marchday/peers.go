package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/marchday/marchday/record"
)

const (
	maxAnswer = 17 << 20         // bytes of one file of another copy: a full bundle of entries
	fetchTime = 60 * time.Second // for one file, over a poor link
	maxTries  = 8                // of one file, each after a longer pause
	maxAlarms = 100              // evidence files that are kept
)

// caller reaches witnesses, mirrors and centres over HTTP.
type caller struct {
	client *http.Client
	token  string // for entries, which are not public
}

func newCaller(token string) caller { return caller{&http.Client{Timeout: fetchTime}, token} }

// statusError is an answer that is no success.
type statusError struct {
	status int
	what   string
}

func (e statusError) Error() string { return fmt.Sprintf("%s: answered %d", e.what, e.status) }

// get fetches url once.
func (c caller) get(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, statusError{res.StatusCode, url}
	}
	return readBounded(res.Body, url, maxAnswer)
}

func readBounded(r io.Reader, what string, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%s: over the limit of %d bytes", what, limit)
	}
	return b, err
}

// fetch returns a record.Fetch from the copy at url, which tries again while
// the link fails and the answer may yet come.
func (c caller) fetch(url string, pause time.Duration) record.Fetch {
	url = strings.TrimSuffix(url, "/") + "/"
	return func(ctx context.Context, path string) ([]byte, error) {
		wait := pause
		for try := 1; ; try++ {
			b, err := c.get(ctx, url+path)
			var s statusError
			final := errors.As(err, &s) && s.status < 500 && s.status != http.StatusTooManyRequests
			if err == nil || final || try == maxTries || ctx.Err() != nil {
				return b, err
			}
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(wait):
			}
			wait = min(2*wait, time.Minute)
		}
	}
}

// Post implements centre.Caller.
func (c caller) Post(ctx context.Context, url string, body []byte) (int, []byte, error) {
	return c.post(ctx, strings.TrimSuffix(url, "/")+"/add-checkpoint", "text/plain; charset=utf-8", body)
}

func (c caller) post(ctx context.Context, url, kind string, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", kind)
	res, err := c.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	answer, err := readBounded(res.Body, url, maxBodyFile)
	return res.StatusCode, answer, err
}

// Head implements centre.Caller.
func (c caller) Head(ctx context.Context, url, origin string, mirror bool) ([]byte, error) {
	url = strings.TrimSuffix(url, "/")
	if !mirror {
		sum := sha256.Sum256([]byte(origin))
		url += "/" + hex.EncodeToString(sum[:])
	}
	return c.get(ctx, url+"/checkpoint")
}

// A dispute is two heads of one log, and where the tiles of each are.
type dispute struct {
	ours, theirs     []byte
	ofOurs, ofTheirs record.Fetch
}

// alarm keeps evidence against the log in the folder of a centre or mirror, and
// says so.
func (h home) alarm(ctx context.Context, log *slog.Logger, d dispute) {
	var evidence []byte
	text, err := h.policy()
	if err == nil {
		var p record.Policy
		if p, err = record.ParsePolicy(text); err == nil {
			evidence, err = record.Dispute(ctx, d.ours, d.theirs, d.ofOurs, d.ofTheirs, p)
		}
	}
	name := "%x.json"
	if err != nil {
		log.ErrorContext(ctx, "two heads disagree, and what would prove it could not be fetched: both notes are kept", "error", err)
		evidence, name = append(append(bytes.Clone(d.ours), "\n"...), d.theirs...), "%x.notes"
	}
	sum := sha256.Sum256(evidence)
	file, err := h.keepEvidence(fmt.Sprintf(name, sum[:8]), evidence)
	if err != nil {
		log.ErrorContext(ctx, "evidence could not be kept", "error", err)
		return
	}
	log.ErrorContext(ctx, "ALARM: two signed heads of this log are of two histories: keep it, and see marchday verify "+file)
}

// keepEvidence writes a file below evidence/, of which there are at most
// maxAlarms.
func (h home) keepEvidence(name string, text []byte) (string, error) {
	dir := filepath.Join(h.dir, "evidence")
	file := filepath.Join(dir, name)
	if old, _ := filepath.Glob(filepath.Join(dir, "*")); len(old) >= maxAlarms {
		return file, fmt.Errorf("%s holds %d files already: take them away", dir, len(old))
	}
	return file, errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(file, text, 0o600))
}

package vault

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"time"
)

// Waiting is something that is to go on the record later, so that its place
// there tells nothing about when it came. It holds nothing that the record may
// not hold.
type Waiting struct {
	Key       [32]byte // under which the record will know it
	Pseudonym string   // of the source in the vault
	Body      []byte   // opaque here
	Due       time.Time
}

const (
	maxWaiting     = 1_000
	maxWaitingBody = 64 << 10
)

// waitingLine is a Waiting in the file: JSON, one a line, in the order of the
// keys, which are hashes. The file is written anew at each change, and what was
// there before is overwritten, so it tells no order of arrival.
type waitingLine struct {
	Key       string `json:"key"`
	Pseudonym string `json:"pseudonym"`
	Due       int64  `json:"due"` // seconds since 1970 UTC
	Body      []byte `json:"body"`
}

// Hold keeps something until it is released. It returns when that is durable.
// A key that waits already is left as it is. Due is cut to a quarter of the
// delay, at most an hour, so that it tells no minute.
func (v *Vault) Hold(w Waiting, delay time.Duration) error {
	if len(w.Body) > maxWaitingBody || !isPseudonym(w.Pseudonym) {
		return fmt.Errorf("vault: hold: a body has at most %d bytes and a pseudonym 32 hex digits", maxWaitingBody)
	}
	return v.hold(func() error {
		all, err := v.readWaiting()
		if err != nil {
			return err
		}
		if slices.ContainsFunc(all, func(x Waiting) bool { return x.Key == w.Key }) {
			return nil
		}
		if len(all) >= maxWaiting {
			return ErrFull
		}
		w.Due = v.now().Add(delay).Truncate(max(min(time.Hour, delay/4), time.Second))
		return v.writeWaiting(append(all, w))
	})
}

// Held returns what waits, in the order of the keys.
func (v *Vault) Held() (all []Waiting, err error) {
	err = v.hold(func() error {
		all, err = v.readWaiting()
		return err
	})
	return all, err
}

// Release takes what waits down from the file, once it is on the record.
func (v *Vault) Release(keys ...[32]byte) error {
	return v.hold(func() error {
		all, err := v.readWaiting()
		if err != nil {
			return err
		}
		n := len(all)
		if all = slices.DeleteFunc(all, func(w Waiting) bool { return slices.Contains(keys, w.Key) }); len(all) == n {
			return nil
		}
		return v.writeWaiting(all)
	})
}

// Mix chooses what goes on the record now, and in which order: size of them,
// taken at random, when at least so many wait; all of them when one is due;
// else nothing. The order that comes out does not depend on the order that went
// in.
func Mix(all []Waiting, size int, now time.Time, chance *rand.Rand) []Waiting {
	due := slices.ContainsFunc(all, func(w Waiting) bool { return !w.Due.After(now) })
	if len(all) == 0 || len(all) < size && !due {
		return nil
	}
	// Sorted first, so that a seed gives the same answer whatever the order was.
	out := slices.Clone(all)
	slices.SortFunc(out, func(a, b Waiting) int { return bytes.Compare(a.Key[:], b.Key[:]) })
	chance.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	if due {
		return out
	}
	return out[:size]
}

func (v *Vault) readWaiting() ([]Waiting, error) {
	data, err := os.ReadFile(v.path(fileWaiting))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("vault: read what waits: %w", err)
	}
	var all []Waiting
	for n, line := range bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		var l waitingLine
		err := json.Unmarshal(line, &l)
		key, kerr := hex.DecodeString(l.Key)
		if err := errors.Join(err, kerr); err != nil || len(key) != 32 || !isPseudonym(l.Pseudonym) {
			return nil, fmt.Errorf("vault: waiting:%d: not what was written: restore the folder from its backup", n+1)
		}
		all = append(all, Waiting{[32]byte(key), l.Pseudonym, l.Body, time.Unix(l.Due, 0).UTC()})
	}
	return all, nil
}

func (v *Vault) writeWaiting(all []Waiting) error {
	slices.SortFunc(all, func(a, b Waiting) int { return bytes.Compare(a.Key[:], b.Key[:]) })
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, w := range all {
		if err := enc.Encode(waitingLine{hex.EncodeToString(w.Key[:]), w.Pseudonym, w.Due.Unix(), w.Body}); err != nil {
			return fmt.Errorf("vault: write what waits: %w", err)
		}
	}
	return rewrite(v.path(fileWaiting), b.Bytes())
}

package vault

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"filippo.io/age"
)

// Recipient is somebody who may open what is sealed to them: a name, for lists,
// and a public key that begins with age1pq1.
type Recipient struct{ Name, Key string }

// Print is a short name of the key: the first 16 hex digits of its SHA-256.
func (r Recipient) Print() string {
	sum := sha256.Sum256([]byte(r.Key))
	return hex.EncodeToString(sum[:8])
}

// Recipients are those that a secret is sealed to. Each of Each opens it alone.
// Of those in Parts, Need together open it, and fewer learn nothing: a way back
// when everybody in Each is gone. It is also a way in; leave it out unless
// every co-chair wants it.
type Recipients struct {
	Each  []Recipient
	Parts []Recipient
	Need  int
}

const maxRecipients = 16

func (to Recipients) check() error {
	if len(to.Each) == 0 && len(to.Parts) == 0 {
		return errors.New("vault: nobody could open this: name recipients first (marchday vault recipients)")
	}
	if len(to.Each) > maxRecipients || len(to.Parts) > maxRecipients {
		return fmt.Errorf("vault: at most %d recipients, and %d holders of parts", maxRecipients, maxRecipients)
	}
	if (len(to.Parts) > 0 || to.Need != 0) && (to.Need < 2 || to.Need > len(to.Parts)) {
		return fmt.Errorf("vault: need %d of %d parts: write 2 or more, and no more than there are; who opens alone is a recipient", to.Need, len(to.Parts))
	}
	seen := map[string]bool{}
	for _, r := range slices.Concat(to.Each, to.Parts) {
		if seen[r.Key] {
			return fmt.Errorf("vault: the key of %s stands twice", r.Name)
		}
		seen[r.Key] = true
		if _, err := parseRecipient(r); err != nil {
			return err
		}
	}
	return nil
}

// parseRecipient takes post-quantum keys alone: one classical key beside them
// would make the whole seal as weak as it.
func parseRecipient(r Recipient) (*age.HybridRecipient, error) {
	if r.Name == "" || len(r.Name) > maxName || strings.ContainsFunc(r.Name, func(c rune) bool { return c <= ' ' }) {
		return nil, fmt.Errorf("vault: recipient %q: a name is one word", r.Name)
	}
	h, err := age.ParseHybridRecipient(r.Key)
	if err != nil {
		return nil, fmt.Errorf("vault: recipient %s: the key is not of the post-quantum sort: make one with marchday vault identity, or age-keygen -pq; it begins with age1pq1", r.Name)
	}
	return h, nil
}

func (to Recipients) parse() ([]age.Recipient, error) {
	if err := to.check(); err != nil {
		return nil, err
	}
	var all []age.Recipient
	for _, r := range to.Each {
		h, err := parseRecipient(r)
		if err != nil {
			return nil, err
		}
		all = append(all, h)
	}
	if len(to.Parts) == 0 {
		return all, nil
	}
	t := &threshold{need: to.Need}
	for _, r := range to.Parts {
		h, err := parseRecipient(r)
		if err != nil {
			return nil, err
		}
		t.holders = append(t.holders, h)
	}
	return append(all, t), nil
}

// prints names who may open, as the database keeps it.
func (to Recipients) prints() string {
	var s []string
	for _, r := range to.Each {
		s = append(s, r.Print())
	}
	for _, r := range to.Parts {
		s = append(s, r.Print()+"/"+strconv.Itoa(to.Need))
	}
	return strings.Join(s, " ")
}

// Only returns the recipients of these names, out of Each. The parts stay.
func (to Recipients) Only(names ...string) (Recipients, error) {
	if len(names) == 0 {
		return to, nil
	}
	out := Recipients{Parts: to.Parts, Need: to.Need}
	for _, name := range names {
		i := slices.IndexFunc(to.Each, func(r Recipient) bool { return r.Name == name })
		if i < 0 {
			return out, fmt.Errorf("vault: %q is no recipient of this vault", name)
		}
		out.Each = append(out.Each, to.Each[i])
	}
	return out, nil
}

// Recipients returns those in the folder's file recipients, which an operator
// keeps. It is read each time, so a change holds for what comes next. Whoever
// can write it can read what comes next.
func (v *Vault) Recipients() (to Recipients, err error) {
	err = v.hold(func() error {
		data, err := os.ReadFile(v.path(fileRecipients))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("vault: read recipients: %w", err)
		}
		to, err = ParseRecipients(data)
		return err
	})
	return to, err
}

// SetRecipients writes the folder's file recipients.
func (v *Vault) SetRecipients(to Recipients) error {
	if err := to.check(); err != nil {
		return err
	}
	return v.hold(func() error { return rewrite(v.path(fileRecipients), to.text()) })
}

func (to Recipients) text() []byte {
	var b bytes.Buffer
	for _, r := range to.Each {
		fmt.Fprintf(&b, "open %s %s\n", r.Name, r.Key)
	}
	for _, r := range to.Parts {
		fmt.Fprintf(&b, "part %s %s\n", r.Name, r.Key)
	}
	if to.Need > 0 {
		fmt.Fprintf(&b, "need %d\n", to.Need)
	}
	return b.Bytes()
}

// ParseRecipients reads a file of recipients: lines "open NAME KEY" for who
// opens alone, "part NAME KEY" and "need N" for who opens together; empty lines
// and lines that begin with # say nothing.
func ParseRecipients(data []byte) (Recipients, error) {
	var to Recipients
	sc := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; sc.Scan(); n++ {
		f := strings.Fields(sc.Text())
		switch {
		case len(f) == 0 || strings.HasPrefix(f[0], "#"):
		case len(f) == 3 && f[0] == "open":
			to.Each = append(to.Each, Recipient{f[1], f[2]})
		case len(f) == 3 && f[0] == "part":
			to.Parts = append(to.Parts, Recipient{f[1], f[2]})
		case len(f) == 2 && f[0] == "need" && to.Need == 0:
			k, err := strconv.Atoi(f[1])
			if err != nil {
				return to, fmt.Errorf("vault: recipients:%d: %q is no number", n, f[1])
			}
			to.Need = k
		default:
			return to, fmt.Errorf("vault: recipients:%d: write open NAME KEY, part NAME KEY, or need N", n)
		}
	}
	if err := sc.Err(); err != nil {
		return to, fmt.Errorf("vault: recipients: %w", err)
	}
	return to, to.check()
}

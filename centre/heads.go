package centre

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

const (
	// MirrorsGroup is the name of the group of the policy whose members are mirrors: they
	// cosign what they keep and serve, and its threshold is receipt level 4.
	MirrorsGroup = "mirrors"

	beat      = time.Second      // between two looks at the newest head
	maxPause  = time.Minute      // between two tries at a peer that fails
	stale     = 10 * time.Minute // after which a head that did not change is cosigned anew
	callLimit = 20 * time.Second // for one peer to answer
)

// Peer is a witness or a mirror as this centre knows it.
type Peer struct {
	Name    string        `json:"name"`
	Mirror  bool          `json:"mirror"`
	URL     string        `json:"url,omitempty"`
	Size    int64         `json:"size"`              // of the longest head it cosigned
	SeenAt  truce.Instant `json:"seen_at,omitzero"`  // when; 0: never
	Trouble string        `json:"trouble,omitempty"` // why the last try failed; empty: it did not
	Fork    bool          `json:"fork,omitempty"`    // it holds a head of another history
}

// Caller reaches peers over a network.
type Caller interface {
	// Post sends an add-checkpoint request to the witness at url.
	Post(ctx context.Context, url string, body []byte) (status int, answer []byte, err error)
	// Head fetches the newest head of origin that a witness, or the mirror, at
	// url serves.
	Head(ctx context.Context, url, origin string, mirror bool) ([]byte, error)
}

// peerBook keeps what went wrong with peers since the start.
type peerBook struct {
	mu       sync.Mutex // guards what follows
	trouble  map[string]error
	evidence func(ours, theirs []byte) // nil: nowhere to keep it
}

func (b *peerBook) note(name string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.trouble == nil {
		b.trouble = map[string]error{}
	}
	b.trouble[name] = err
}

// Heed asks witnesses to cosign each new head and learns from mirrors how far
// they keep it, each apart from the others, until ctx is done. Nothing else
// waits for them. disputed is told of two heads of this log that exclude one
// another.
func (c *Centre) Heed(ctx context.Context, call Caller, disputed func(ours, theirs []byte)) error {
	peers, err := c.Peers(ctx)
	if err != nil {
		return err
	}
	c.peers.evidence = disputed
	var wg sync.WaitGroup
	for _, p := range peers {
		if p.URL != "" {
			wg.Go(func() { c.heed(ctx, call, p) })
		}
	}
	wg.Wait()
	return nil
}

// heed asks one peer, again and again; after a failure it waits longer.
func (c *Centre) heed(ctx context.Context, call Caller, p Peer) {
	pause := beat
	for {
		err := c.askOnce(ctx, call, p)
		if ctx.Err() != nil {
			return
		}
		c.peers.note(p.Name, err)
		if err != nil {
			c.o.Log.WarnContext(ctx, "a peer did not cosign", "peer", p.Name, "error", err)
			pause = min(2*pause, maxPause)
		} else {
			pause = beat
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// askOnce has one peer cosign the newest head, if it has not.
func (c *Centre) askOnce(ctx context.Context, call Caller, p Peer) error {
	signed, _, err := c.log.Checkpoint(ctx)
	if err != nil || signed.Note == nil {
		return err
	}
	now, err := c.peer(ctx, p.Name)
	if err != nil {
		return err
	}
	if now.Size == signed.Size && c.o.Now().Sub(now.SeenAt.Time()) < stale {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	if p.Mirror {
		return c.learn(ctx, call, p)
	}
	_, err = c.log.Ask(ctx, p.Name, func(ctx context.Context, body []byte) (int, []byte, error) { return call.Post(ctx, p.URL, body) })
	if errors.Is(err, record.ErrFork) || errors.Is(err, record.ErrBehind) {
		return c.fetchHeld(ctx, call, p, err)
	}
	return err
}

// learn reads a mirror's head: its cosignature says what it keeps.
func (c *Centre) learn(ctx context.Context, call Caller, p Peer) error {
	theirs, err := call.Head(ctx, p.URL, c.o.Origin, true)
	if err != nil {
		return err
	}
	if _, err := c.log.Learn(ctx, theirs); err != nil {
		return c.dispute(ctx, theirs, err)
	}
	return nil
}

// fetchHeld fetches the head that a witness holds against this log: what a witness
// merely says stops nothing, a head signed by the log does.
func (c *Centre) fetchHeld(ctx context.Context, call Caller, p Peer, said error) error {
	theirs, err := call.Head(ctx, p.URL, c.o.Origin, false)
	if err != nil {
		return fmt.Errorf("%w; and its head could not be fetched: %w", said, err)
	}
	if err := c.log.Compare(ctx, theirs); err != nil {
		return c.dispute(ctx, theirs, err)
	}
	return fmt.Errorf("it refuses, and the head it shows agrees with this log: %.200s", said.Error())
}

// dispute tells of a head of another history.
func (c *Centre) dispute(ctx context.Context, theirs []byte, err error) error {
	if !errors.Is(err, record.ErrFork) || c.peers.evidence == nil {
		return err
	}
	if ours, _, headErr := c.log.Checkpoint(ctx); headErr == nil {
		c.peers.evidence(ours.Note, theirs)
	}
	return err
}

// Peers lists the policy's witnesses and mirrors, and how each stands.
func (c *Centre) Peers(ctx context.Context) ([]Peer, error) {
	all, err := c.log.Peers(ctx)
	if err != nil {
		return nil, err
	}
	_, mirrors, err := c.mirrors()
	if err != nil {
		return nil, err
	}
	c.peers.mu.Lock()
	defer c.peers.mu.Unlock()
	out := make([]Peer, len(all))
	for i, p := range all {
		out[i] = Peer{Name: p.Name, Mirror: slices.Contains(mirrors, p.Name), URL: p.URL, Size: p.Size, SeenAt: truce.Instant(p.SeenAt / 1000)}
		if err := c.peers.trouble[p.Name]; err != nil {
			out[i].Trouble, out[i].Fork = err.Error(), errors.Is(err, record.ErrFork)
		}
	}
	return out, nil
}

func (c *Centre) peer(ctx context.Context, name string) (Peer, error) {
	all, err := c.Peers(ctx)
	for _, p := range all {
		if p.Name == name {
			return p, nil
		}
	}
	return Peer{}, err
}

// mirrors returns the policy's mirrors, and how many of them are level 4.
func (c *Centre) mirrors() (k int, names []string, err error) {
	if c.o.Policy == "" {
		return 0, nil, nil
	}
	p, err := record.ParsePolicy(c.o.Policy)
	if err != nil {
		return 0, nil, err
	}
	k, names = p.Group(MirrorsGroup)
	return k, names, nil
}

// Standing is a receipt, and how far it has come.
type Standing struct {
	record.Receipt
	Level              int    // 1 durable, 2 under a signed head, 3 under a jointly signed one, 4 kept by mirrors
	Cosigned, Mirrored bool   // levels 3 and 4, each by itself: mirrors do not wait for a silent witness
	Signed             []byte // the receipt, signed by the log; nil on a copy
}

// Standing finds the receipt of a statement by its ID, with its level now.
func (c *Centre) Standing(ctx context.Context, id truce.StatementID) (Standing, error) {
	r, err := c.log.FindID(ctx, id)
	if err != nil {
		return Standing{}, err
	}
	s := Standing{Receipt: r, Level: 1}
	if !c.Copy() {
		if s.Signed, err = c.log.Sign(r); err != nil {
			return s, err
		}
	}
	signed, joint, err := c.log.Checkpoint(ctx)
	if err != nil {
		return s, err
	}
	if signed.Size > r.Index {
		s.Level = 2
	}
	if s.Level < 2 {
		return s, nil
	}
	s.Cosigned = joint.Size > r.Index && c.jointly(joint)
	if s.Mirrored, err = c.kept(ctx, r.Index); err != nil {
		return s, err
	}
	switch {
	case s.Mirrored:
		s.Level = 4
	case s.Cosigned:
		s.Level = 3
	}
	return s, nil
}

// jointly reports whether a head is cosigned by others than mirrors: a policy
// without a quorum makes no joint head.
func (c *Centre) jointly(h record.Head) bool {
	_, mirrors, err := c.mirrors()
	return err == nil && slices.ContainsFunc(h.Signers, func(s string) bool { return !slices.Contains(mirrors, s) })
}

// kept reports whether enough mirrors keep the entry at index.
func (c *Centre) kept(ctx context.Context, index int64) (bool, error) {
	k, _, err := c.mirrors()
	if err != nil || k == 0 {
		return false, err
	}
	peers, err := c.Peers(ctx)
	n := 0
	for _, p := range peers {
		if p.Mirror && p.Size > index {
			n++
		}
	}
	return n >= k, err
}

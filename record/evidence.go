package record

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	evidenceType    = "marchday.org/evidence/v1"
	maxEvidenceFile = 1 << 20 // bytes
)

// evidenceText is two signed heads of one log and what shows that they
// exclude one another.
type evidenceText struct {
	Type  string   `json:"type"`
	Older string   `json:"older"`           // the note of the smaller size
	Newer string   `json:"newer"`           // of the larger, or of the same
	Root  []byte   `json:"root,omitempty"`  // that the newer's history has at the older's size
	Proof [][]byte `json:"proof,omitempty"` // that Root grew into the newer's
}

// Dispute writes evidence that two signed heads, a and b, are of two histories:
// the root that the longer one's history has at the size of the shorter, and the
// proof of it, from the tiles that the copy with the longer one serves. Whoever trusts the log's key can check it
// offline (CheckEvidence). An error says that the heads do not contradict, or
// that the copy no longer serves what would show it; keep both notes then.
func Dispute(ctx context.Context, a, b []byte, ofA, ofB Fetch, p Policy) ([]byte, error) {
	x, err := p.open(a, "", false)
	if err != nil {
		return nil, fmt.Errorf("record: dispute: %w", err)
	}
	y, err := p.open(b, x.Origin, false)
	if err != nil {
		return nil, fmt.Errorf("record: dispute: %w", err)
	}
	longer := ofB
	if x.Size > y.Size {
		x, y, longer = y, x, ofA
	}
	e := evidenceText{Type: evidenceType, Older: string(x.Note), Newer: string(y.Note)}
	if x.Size > 0 && x.Size < y.Size {
		tiles := tlog.TileHashReader(tlog.Tree{N: y.Size, Hash: tlog.Hash(y.Root)}, &tileFetcher{ctx: ctx, fetch: longer, cache: map[tlog.Tile][]byte{}})
		root, err := tlog.TreeHash(x.Size, tiles)
		if err != nil {
			return nil, fmt.Errorf("record: dispute: %w", err)
		}
		proof, err := tlog.ProveTree(y.Size, x.Size, tiles)
		if err != nil {
			return nil, fmt.Errorf("record: dispute: %w", err)
		}
		e.Root = root[:]
		for _, h := range proof {
			e.Proof = append(e.Proof, h[:])
		}
	}
	return e.marshal(p)
}

// EvidenceOf writes what a witness kept as an evidence file. A proof that
// merely did not hold (422) shows no second history by itself: the file then
// holds both heads, and CheckEvidence says so.
func EvidenceOf(e Evidence) ([]byte, error) {
	r, err := parseAsk(e.Request)
	if err != nil {
		return nil, fmt.Errorf("record: evidence: %w", err)
	}
	t := evidenceText{Type: evidenceType, Older: string(e.Seen), Newer: string(r.note)}
	b, err := json.MarshalIndent(t, "", "  ")
	return append(b, '\n'), err
}

// marshal writes evidence that holds.
func (e evidenceText) marshal(p Policy) ([]byte, error) {
	b, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return nil, err
	}
	_, err = CheckEvidence(b, p)
	return append(b, '\n'), err
}

// ErrNoContradiction says that the two heads may be of one history.
var ErrNoContradiction = errors.New("record: the two heads do not contradict one another")

// CheckEvidence says in a sentence what an evidence file proves against the log
// that p trusts. ErrNoContradiction: its heads may be of one history.
func CheckEvidence(text []byte, p Policy) (string, error) {
	if len(text) > maxEvidenceFile {
		return "", fmt.Errorf("record: evidence of %d bytes: want at most %d", len(text), maxEvidenceFile)
	}
	var e evidenceText
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil || e.Type != evidenceType || len(e.Proof) > maxProofLines {
		return "", errors.Join(fmt.Errorf("record: this is no evidence file of type %s", evidenceType), err)
	}
	x, err := p.open([]byte(e.Older), "", false)
	if err != nil {
		return "", fmt.Errorf("record: the older head: %w", err)
	}
	y, err := p.open([]byte(e.Newer), x.Origin, false)
	if err != nil {
		return "", fmt.Errorf("record: the newer head: %w", err)
	}
	if x.Size == y.Size && x.Root != y.Root {
		return Contradiction([]byte(e.Older), []byte(e.Newer), p)
	}
	if x.Size == 0 || x.Size >= y.Size || len(e.Root) != tlog.HashSize || tlog.Hash(e.Root) == tlog.Hash(x.Root) {
		return "", ErrNoContradiction
	}
	proof := make(tlog.TreeProof, len(e.Proof))
	for i, h := range e.Proof {
		if len(h) != tlog.HashSize {
			return "", fmt.Errorf("record: evidence: line %d of the proof is no hash", i+1)
		}
		proof[i] = tlog.Hash(h)
	}
	if err := tlog.CheckTree(proof, y.Size, tlog.Hash(y.Root), x.Size, tlog.Hash(e.Root)); err != nil {
		return "", fmt.Errorf("%w: the proof from %d to %d does not hold", ErrNoContradiction, x.Size, y.Size)
	}
	return fmt.Sprintf("%s has signed root %s at size %d, and then %d entries whose first %d have root %s",
		x.Origin, tlog.Hash(x.Root), x.Size, y.Size, x.Size, tlog.Hash(e.Root)), nil
}

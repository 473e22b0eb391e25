package record

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Prove returns the text of a C2SP tlog-proof that entry index is in the tree
// of the stored checkpoint of this size (0: the newest that covers the entry):
// one file that CheckProof verifies without a network.
func (l *Log) Prove(ctx context.Context, index, size int64) ([]byte, error) {
	h, err := l.proofHead(ctx, index, size)
	if err != nil {
		return nil, fmt.Errorf("record: prove entry %d: %w", index, err)
	}
	p, err := tlog.ProveRecord(h.Size, index, nodes(ctx, l.st.rd))
	if err != nil {
		return nil, fmt.Errorf("record: prove entry %d: %w", index, err)
	}
	leaf, err := nodes(ctx, l.st.rd)([]int64{tlog.StoredHashIndex(0, index)})
	if err != nil {
		return nil, err
	}
	if err := tlog.CheckRecord(p, h.Size, tlog.Hash(h.Root), index, leaf[0]); err != nil {
		return nil, fmt.Errorf("%w: entry %d is not under the root of %d", ErrDamaged, index, h.Size)
	}
	out := proof.TLogProof{Index: uint64(index), Checkpoint: h.Note}
	for _, n := range p {
		out.Hashes = append(out.Hashes, n)
	}
	return out.Marshal(), nil
}

// proofHead is the head of size, or the newest, that covers an index.
func (l *Log) proofHead(ctx context.Context, index, size int64) (Head, error) {
	var h Head
	var err error
	if size == 0 {
		h, _, err = l.Checkpoint(ctx)
	} else {
		h, err = l.headAt(ctx, size)
	}
	if err != nil {
		return h, err
	}
	if index < 0 || index >= h.Size {
		return h, fmt.Errorf("%w: the head covers %d entries", ErrNotFound, h.Size)
	}
	return h, nil
}

// ProveConsistency returns the hashes that prove that the tree of size old is
// the beginning of the tree of size new; none when old is 0 or equal to new.
func (l *Log) ProveConsistency(ctx context.Context, old, new int64) ([][32]byte, error) {
	if old < 0 || old > new || new > l.Size() {
		return nil, fmt.Errorf("%w: consistency of %d and %d, there are %d entries", ErrNotFound, old, new, l.Size())
	}
	if old == 0 || old == new {
		return nil, nil
	}
	p, err := tlog.ProveTree(new, old, nodes(ctx, l.st.rd))
	if err != nil {
		return nil, fmt.Errorf("record: prove consistency of %d and %d: %w", old, new, err)
	}
	out := make([][32]byte, len(p))
	for i, h := range p {
		out[i] = h
	}
	return out, nil
}

// CheckProof verifies the text of a proof that an entry with this leaf hash is
// in a log that p trusts, and returns its index and the head. The head's
// Missing says what the policy's quorum still asks for.
func CheckProof(text []byte, leaf [32]byte, p Policy) (index int64, h Head, err error) {
	if len(text) > maxNote {
		return 0, h, fmt.Errorf("record: proof of %d bytes: want at most %d", len(text), maxNote)
	}
	var t proof.TLogProof
	if err := t.Unmarshal(text); err != nil {
		return 0, h, fmt.Errorf("record: %w", err)
	}
	if !bytes.Equal(t.Marshal(), text) {
		return 0, h, errors.New("record: the proof is not in canonical form")
	}
	if h, err = p.open(t.Checkpoint, "", false); err != nil {
		return 0, h, fmt.Errorf("record: %w", err)
	}
	if t.Index >= uint64(h.Size) {
		return 0, h, fmt.Errorf("record: proof of entry %d under a head of %d entries", t.Index, h.Size)
	}
	path := make(tlog.RecordProof, len(t.Hashes))
	for i, n := range t.Hashes {
		path[i] = n
	}
	if err := tlog.CheckRecord(path, h.Size, tlog.Hash(h.Root), int64(t.Index), leaf); err != nil {
		return 0, h, fmt.Errorf("record: entry %d is not in the tree of %d: %w", t.Index, h.Size, err)
	}
	return int64(t.Index), h, nil
}

// LeafHash is the hash of an entry in the tree: SHA-256 of a zero byte, the
// receipt time in milliseconds (8 bytes, big-endian) and the body.
func LeafHash(recvAt int64, body []byte) [32]byte { return leafHash(recvAt, body) }

// Sign returns a receipt as a note signed by the log's key: publishable proof
// of misbehaviour if the entry is not under a checkpoint within the merge delay.
func (l *Log) Sign(r Receipt) ([]byte, error) {
	if l.signer == nil || l.mirror {
		return nil, errors.New("record: only the log's own key signs receipts")
	}
	msg, err := note.Sign(&note.Note{Text: receiptText(r)}, l.signer)
	if err != nil {
		return nil, fmt.Errorf("record: sign receipt: %w", err)
	}
	return msg, nil
}

// receiptText is the text of a receipt. What it rests on is stated in the
// words of the level: 1, durable in the store of one log.
func receiptText(r Receipt) string {
	return fmt.Sprintf("%s\n%s\nindex %d\ntime %d\nid %x\nleaf %x\nlevel 1\n", receiptHeader, r.Origin, r.Index, r.RecvAt, r.ID, r.Leaf)
}

// OpenReceipt verifies a signed receipt of a log that p trusts.
func OpenReceipt(msg []byte, p Policy) (Receipt, error) {
	if len(msg) > maxNote {
		return Receipt{}, fmt.Errorf("record: receipt of %d bytes: want at most %d", len(msg), maxNote)
	}
	n, err := openNote(msg, true, p.logs...)
	if err != nil {
		return Receipt{}, fmt.Errorf("record: receipt: %w", err)
	}
	r, err := parseReceipt(n.Text)
	if err != nil {
		return Receipt{}, fmt.Errorf("record: receipt: %w", err)
	}
	for _, s := range n.Sigs {
		if s.Name == r.Origin {
			return r, nil
		}
	}
	return Receipt{}, fmt.Errorf("record: receipt of %q is not signed by it", r.Origin)
}

// parseReceipt reads a receipt's text in its one spelling.
func parseReceipt(text string) (Receipt, error) {
	var r Receipt
	lines := strings.Split(text, "\n")
	if len(lines) != 8 || lines[0] != receiptHeader {
		return r, fmt.Errorf("first line is not %s, or it has not 7 lines", receiptHeader)
	}
	field := func(i int, name string) string { v, _ := strings.CutPrefix(lines[i], name+" "); return v }
	var errs [4]error
	var id, leaf []byte
	r.Origin = lines[1]
	r.Index, errs[0] = strconv.ParseInt(field(2, "index"), 10, 64)
	r.RecvAt, errs[1] = strconv.ParseInt(field(3, "time"), 10, 64)
	id, errs[2] = hex.DecodeString(field(4, "id"))
	leaf, errs[3] = hex.DecodeString(field(5, "leaf"))
	if err := errors.Join(errs[:]...); err != nil {
		return r, err
	}
	if len(id) != sha256.Size || len(leaf) != sha256.Size || r.Index < 0 || r.RecvAt < 0 {
		return r, errors.New("a field is out of range")
	}
	r.ID, r.Leaf = [32]byte(id), [32]byte(leaf)
	if receiptText(r) != text {
		return r, errors.New("not in canonical form")
	}
	return r, nil
}

// Find returns the receipt of what was added under key; ErrNotFound if nothing
// was. A caller asks before it does work that a resend must not do twice.
func (l *Log) Find(ctx context.Context, key [32]byte) (Receipt, error) {
	return l.find(ctx, `SELECT idx, id, recv_at, body FROM entry WHERE key = $1 OR (id = $1 AND key IS NULL)`, key)
}

// FindID returns the receipt of the entry whose body has this SHA-256.
func (l *Log) FindID(ctx context.Context, id [32]byte) (Receipt, error) {
	return l.find(ctx, `SELECT idx, id, recv_at, body FROM entry WHERE id = $1`, id)
}

// find reads one entry's receipt.
func (l *Log) find(ctx context.Context, q string, hash [32]byte) (Receipt, error) {
	r := Receipt{Origin: l.o.Origin, Duplicate: true}
	var id, body []byte
	err := l.st.rd.QueryRowContext(ctx, q, hash[:]).Scan(&r.Index, &id, &r.RecvAt, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return Receipt{}, fmt.Errorf("%w: entry of %x", ErrNotFound, hash)
	}
	if err != nil {
		return Receipt{}, fmt.Errorf("record: find entry: %w", err)
	}
	r.ID, r.Leaf = sha256.Sum256(body), leafHash(r.RecvAt, body)
	if !bytes.Equal(id, r.ID[:]) {
		return Receipt{}, fmt.Errorf("%w: entry %d", ErrDamaged, r.Index)
	}
	return r, nil
}

// Contradiction says in a sentence how two signed heads of one log prove that it
// has shown two histories; empty if they do not by themselves. Both must carry
// the signature of a log that p trusts. Heads of different sizes contradict one
// another only through the entries: see VerifyBundle.
func Contradiction(a, b []byte, p Policy) (string, error) {
	x, err := p.open(a, "", false)
	if err != nil {
		return "", fmt.Errorf("record: the first note: %w", err)
	}
	y, err := p.open(b, x.Origin, false)
	if err != nil {
		return "", fmt.Errorf("record: the second note: %w", err)
	}
	if x.Size != y.Size || x.Root == y.Root {
		return "", nil
	}
	return fmt.Sprintf("%s has signed two roots at size %d: %s and %s", x.Origin, x.Size, tlog.Hash(x.Root), tlog.Hash(y.Root)), nil
}

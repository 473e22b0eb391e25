package record

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	maxProofLines = 63               // of a consistency proof (C2SP tlog-witness)
	maxAsk        = 5*1024 + maxNote // bytes of a request to a witness
	maxEvidence   = 1_000            // requests kept; only who holds a log's key can cause one
	sizeType      = "text/x.tlog.size"
	textType      = "text/plain; charset=utf-8"
)

const witnessSchema = `
CREATE TABLE IF NOT EXISTS seen (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, note BLOB NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS evidence (
	id INTEGER PRIMARY KEY, origin TEXT NOT NULL, at INTEGER NOT NULL, status INTEGER NOT NULL,
	request BLOB NOT NULL, seen BLOB NOT NULL, UNIQUE (request)
) STRICT;`

// WitnessOptions configure a Witness. All of them must be given.
type WitnessOptions struct {
	// Dir holds the database. Whoever can set it back to an earlier state can
	// make this witness cosign two histories.
	Dir string
	// Name and Signer are the witness's Ed25519 key, used for nothing else. Who
	// holds it can vouch for any history.
	Name   string
	Signer crypto.Signer
	// Now is the clock of the cosignatures.
	Now func() time.Time
	// Logs is a policy text; its log lines are the logs that are cosigned.
	Logs string
}

// A Witness cosigns, for each log it trusts, one growing history and never a
// second one (C2SP tlog-witness). It keeps only the newest head of each log,
// and as evidence the requests that contradict one. It shares nothing with a
// Log and belongs on other hardware, in other hands.
type Witness struct {
	o      WitnessOptions
	signer *noteSigner
	policy Policy
	db     *sql.DB
}

// OpenWitness opens or creates a witness's store.
func OpenWitness(ctx context.Context, o WitnessOptions) (*Witness, error) {
	if o.Dir == "" || o.Now == nil || o.Signer == nil {
		return nil, errors.New("record: WitnessOptions: Dir, Signer and Now must be given")
	}
	s, err := newNoteSigner(o.Name, o.Signer)
	if err != nil {
		return nil, err
	}
	p, err := ParsePolicy(o.Logs)
	if err != nil {
		return nil, fmt.Errorf("record: witness: %w", err)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("record: witness: %w", err)
	}
	q := url.Values{"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)"}, "_txlock": {"immediate"}}
	path := (&url.URL{Path: filepath.Join(o.Dir, "witness.db")}).EscapedPath()
	db, err := sql.Open("sqlite", "file:"+path+"?"+q.Encode())
	if err != nil {
		return nil, fmt.Errorf("record: witness: %w", err)
	}
	db.SetMaxOpenConns(1)
	for stmt := range strings.SplitSeq(witnessSchema, ";\n") {
		if _, err := db.ExecContext(ctx, stmt); err != nil {
			return nil, errors.Join(fmt.Errorf("record: make tables in %s: %w", path, err), db.Close())
		}
	}
	return &Witness{o: o, signer: s, policy: p, db: db}, nil
}

// Close closes the store.
func (w *Witness) Close() error { return w.db.Close() }

// Key is the witness's verifier key as a policy's witness line has it.
func (w *Witness) Key() string { return vkeyOf(w.signer.name, algCosignV1, w.signer.pub) }

// An answer of a witness.
type witnessAnswer struct {
	status int
	kind   string // content type
	body   []byte
}

// refuse makes an answer that says why.
func refuse(status int, format string, args ...any) witnessAnswer {
	return witnessAnswer{status, textType, fmt.Appendf(nil, format+"\n", args...)}
}

// AddCheckpoint answers the body of a C2SP add-checkpoint request with status,
// content type and body: 200 and a cosignature line; 400 malformed; 404 unknown
// log; 403 not signed by it; 409 and the stored size when the request starts
// from another; 409 alone, or 422, when it contradicts what was cosigned, which
// is kept as evidence. What is cosigned is durable before it is answered. An
// error is a fault of the store: answer 500.
func (w *Witness) AddCheckpoint(ctx context.Context, body []byte) (status int, kind string, answer []byte, err error) {
	a, err := w.add(ctx, body)
	if err != nil {
		return http.StatusInternalServerError, textType, nil, fmt.Errorf("record: witness: %w", err)
	}
	return a.status, a.kind, a.body, nil
}

func (w *Witness) add(ctx context.Context, body []byte) (witnessAnswer, error) {
	r, err := parseAsk(body)
	if err != nil {
		return refuse(http.StatusBadRequest, "%v", err), nil
	}
	var verifier note.Verifier
	for _, v := range w.policy.logs {
		if v.Name() == r.origin {
			verifier = v
		}
	}
	if verifier == nil {
		return refuse(http.StatusNotFound, "the log %q is not known here", r.origin), nil
	}
	n, err := openNote(r.note, false, verifier)
	if err != nil {
		return refuse(http.StatusForbidden, "no valid signature by %s: %v", r.origin, err), nil
	}
	if r.old > r.size {
		return refuse(http.StatusBadRequest, "old size %d is above the checkpoint's %d", r.old, r.size), nil
	}
	tx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return witnessAnswer{}, err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing; before, the error that led here counts
	a, err := w.judge(ctx, tx, r, n)
	if err != nil {
		return a, err
	}
	return a, tx.Commit()
}

// judge compares a signed head with the one seen last and stores what is due,
// all in one transaction: compare and swap.
func (w *Witness) judge(ctx context.Context, tx *sql.Tx, r ask, n *note.Note) (witnessAnswer, error) {
	seen, err := w.seen(ctx, tx, r.origin)
	if err != nil {
		return witnessAnswer{}, err
	}
	if r.old != seen.Size {
		return witnessAnswer{http.StatusConflict, sizeType, fmt.Appendf(nil, "%d\n", seen.Size)}, nil
	}
	if r.old == r.size && (tlog.Hash(seen.Root) != r.root || len(r.proof) > 0) {
		if tlog.Hash(seen.Root) == r.root {
			return refuse(http.StatusUnprocessableEntity, "a proof between equal sizes has no lines"), nil
		}
		return refuse(http.StatusConflict, "another root was cosigned at size %d", r.size), w.keep(ctx, tx, r, http.StatusConflict, seen)
	}
	if err := checkGrowth(r, seen.Root); err != nil {
		return refuse(http.StatusUnprocessableEntity, "%v", err), w.keep(ctx, tx, r, http.StatusUnprocessableEntity, seen)
	}
	c := cosigner{w.signer, w.o.Now()}
	raw, err := c.Sign([]byte(n.Text))
	if err != nil {
		return witnessAnswer{}, err
	}
	sig := signature(c, raw)
	line := []byte("— " + sig.Name + " " + sig.Base64 + "\n")
	msg, err := note.Sign(&note.Note{Text: n.Text, Sigs: n.Sigs})
	if err != nil {
		return witnessAnswer{}, err
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO seen (origin, size, note, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (origin) DO UPDATE SET size = excluded.size, note = excluded.note, at = excluded.at WHERE seen.size = $5`,
		r.origin, r.size, append(msg, line...), c.at.UnixMilli(), r.old)
	if err != nil {
		return witnessAnswer{}, err
	}
	if rows, err := res.RowsAffected(); err != nil || rows != 1 {
		return witnessAnswer{}, errors.Join(err, errors.New("the stored head changed within the transaction"))
	}
	return witnessAnswer{http.StatusOK, textType, line}, nil
}

// checkGrowth checks that the tree of r grew out of the one seen.
func checkGrowth(r ask, seen [32]byte) error {
	if r.old == 0 {
		if len(r.proof) > 0 {
			return errors.New("a proof from size 0 has no lines")
		}
		if r.size == 0 && !bytes.Equal(r.root[:], emptyRoot()) {
			return errors.New("the root of size 0 is not that of no entries")
		}
		return nil
	}
	if r.old == r.size {
		return nil
	}
	if err := tlog.CheckTree(r.proof, r.size, r.root, r.old, tlog.Hash(seen)); err != nil {
		return fmt.Errorf("the proof from %d to %d does not hold", r.old, r.size)
	}
	return nil
}

// seen is the head cosigned last for an origin; of no entries if none was.
func (w *Witness) seen(ctx context.Context, tx *sql.Tx, origin string) (Head, error) {
	var msg []byte
	err := tx.QueryRowContext(ctx, `SELECT note FROM seen WHERE origin = $1`, origin).Scan(&msg)
	if errors.Is(err, sql.ErrNoRows) {
		return Head{Origin: origin, Root: [32]byte(emptyRoot())}, nil
	}
	if err != nil {
		return Head{}, err
	}
	return w.policy.open(msg, origin, false)
}

// keep stores a request that contradicts what was cosigned.
func (w *Witness) keep(ctx context.Context, tx *sql.Tx, r ask, status int, seen Head) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO evidence (origin, at, status, request, seen)
		SELECT $1, $2, $3, $4, $5 WHERE (SELECT count(*) FROM evidence) < $6 ON CONFLICT DO NOTHING`,
		r.origin, w.o.Now().UnixMilli(), status, r.body, seen.Note, maxEvidence)
	return err
}

// Evidence is a request, signed by a log, that contradicts what this witness
// had cosigned for it: together they prove a second history, or a bad proof.
type Evidence struct {
	Origin  string
	At      int64  // milliseconds since 1970 UTC
	Status  int    // what was answered: 409 or 422
	Request []byte // as received
	Seen    []byte // the note cosigned before; empty if none
}

// Evidence returns what is kept, oldest first, at most 1,000.
func (w *Witness) Evidence(ctx context.Context) ([]Evidence, error) {
	rs, err := w.db.QueryContext(ctx, `SELECT origin, at, status, request, seen FROM evidence ORDER BY id LIMIT $1`, maxEvidence)
	if err != nil {
		return nil, fmt.Errorf("record: witness: %w", err)
	}
	defer rs.Close()
	var out []Evidence
	for rs.Next() {
		var e Evidence
		if err := rs.Scan(&e.Origin, &e.At, &e.Status, &e.Request, &e.Seen); err != nil {
			return nil, fmt.Errorf("record: witness: %w", err)
		}
		out = append(out, e)
	}
	return out, rs.Err()
}

// Head is the newest head cosigned for an origin, with the cosignature;
// ErrNotFound if there is none.
func (w *Witness) Head(ctx context.Context, origin string) (Head, error) {
	tx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return Head{}, fmt.Errorf("record: witness: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	h, err := w.seen(ctx, tx, origin)
	if err != nil {
		return Head{}, fmt.Errorf("record: witness: %w", err)
	}
	if h.Note == nil {
		return Head{}, fmt.Errorf("%w: no head of %q", ErrNotFound, origin)
	}
	return h, nil
}

// originPath is where a peer serves what it knows of an origin.
func originPath(origin string) string {
	sum := sha256.Sum256([]byte(origin))
	return hex.EncodeToString(sum[:])
}

// ServeHTTP answers POST /add-checkpoint as C2SP tlog-witness says, and GET
// /<hex SHA-256 of the origin>/checkpoint with the newest head cosigned.
func (w *Witness) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if hash, ok := strings.CutSuffix(r.URL.Path, "/checkpoint"); ok && r.Method == http.MethodGet {
		w.serveHead(rw, r, strings.TrimPrefix(hash, "/"))
		return
	}
	if r.URL.Path != "/add-checkpoint" {
		http.NotFound(rw, r)
		return
	}
	if r.Method != http.MethodPost {
		rw.Header().Set("Allow", http.MethodPost)
		http.Error(rw, "send the checkpoint with POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxAsk))
	if err != nil {
		http.Error(rw, "the request is too long or was cut off", http.StatusBadRequest)
		return
	}
	status, kind, answer, err := w.AddCheckpoint(r.Context(), body)
	if err != nil {
		http.Error(rw, "the store of this witness failed", status)
		return
	}
	write(rw, status, kind, answer)
}

// serveHead answers with the newest head of the origin with this digest.
func (w *Witness) serveHead(rw http.ResponseWriter, r *http.Request, hash string) {
	for _, v := range w.policy.logs {
		if originPath(v.Name()) != hash {
			continue
		}
		h, err := w.Head(r.Context(), v.Name())
		if err == nil {
			write(rw, http.StatusOK, textType, h.Note)
			return
		}
		if !errors.Is(err, ErrNotFound) {
			http.Error(rw, "the store of this witness failed", http.StatusInternalServerError)
			return
		}
	}
	http.NotFound(rw, r)
}

// write sends an answer; a client that has gone does not matter.
func write(rw http.ResponseWriter, status int, kind string, body []byte) {
	rw.Header().Set("Content-Type", kind)
	rw.Header().Set("Cache-Control", "no-store")
	rw.WriteHeader(status)
	_, _ = rw.Write(body)
}

// An ask is an add-checkpoint request.
type ask struct {
	body   []byte
	old    int64
	proof  tlog.TreeProof
	note   []byte
	origin string
	size   int64
	root   tlog.Hash
}

// parseAsk reads a request in its one spelling: a line "old <size>", up to 63
// base64 lines, an empty line, a checkpoint.
func parseAsk(body []byte) (ask, error) {
	r := ask{body: body}
	if len(body) > maxAsk {
		return r, fmt.Errorf("request of %d bytes: want at most %d", len(body), maxAsk)
	}
	head, msg, ok := bytes.Cut(body, []byte("\n\n"))
	if !ok {
		return r, errors.New("no empty line ahead of the checkpoint")
	}
	lines := strings.Split(string(head), "\n")
	old, ok := strings.CutPrefix(lines[0], "old ")
	n, err := strconv.ParseInt(old, 10, 64)
	if !ok || err != nil || n < 0 || strconv.FormatInt(n, 10) != old {
		return r, fmt.Errorf(`first line %.40q: want "old <size>"`, lines[0])
	}
	if len(lines)-1 > maxProofLines {
		return r, fmt.Errorf("%d proof lines: want at most %d", len(lines)-1, maxProofLines)
	}
	for i, line := range lines[1:] {
		h, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(h) != tlog.HashSize || len(line) != 44 {
			return r, fmt.Errorf("proof line %d is no hash in base64", i+1)
		}
		r.proof = append(r.proof, tlog.Hash(h))
	}
	text, _, ok := bytes.Cut(msg, []byte("\n\n"))
	if !ok {
		return r, errors.New("the checkpoint has no signature")
	}
	c, err := parseCheckpoint(string(text) + "\n")
	if err != nil {
		return r, err
	}
	r.old, r.note, r.origin, r.size, r.root = n, msg, c.Origin, int64(c.Size), tlog.Hash(c.Hash)
	return r, nil
}

// marshalAsk writes a request.
func marshalAsk(old int64, proof [][32]byte, checkpoint []byte) []byte {
	b := fmt.Appendf(nil, "old %d\n", old)
	for _, h := range proof {
		b = append(base64.StdEncoding.AppendEncode(b, h[:]), '\n')
	}
	return append(append(b, '\n'), checkpoint...)
}

// A Peer is a witness as this log knows it.
type Peer struct {
	Name   string // in the policy
	URL    string // from the policy, may be empty
	Size   int64  // of the last head it cosigned here
	SeenAt int64  // milliseconds since 1970 UTC; 0: never
}

// Peers lists the policy's witnesses, mirrors among them, and when each
// cosigned last.
func (l *Log) Peers(ctx context.Context) ([]Peer, error) {
	var out []Peer
	for _, w := range l.policy.Load().wits {
		p := Peer{Name: w.name, URL: w.url}
		err := l.st.rd.QueryRowContext(ctx, `SELECT size, seen_at FROM peer WHERE name = $1 AND role = 'witness'`, w.name).Scan(&p.Size, &p.SeenAt)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, fmt.Errorf("record: read peers: %w", err)
		}
		out = append(out, p)
	}
	return out, nil
}

// Ask has a witness of the policy cosign the newest head: post sends a body to
// its add-checkpoint and returns status and answer, and has its own timeout.
// Witnesses are asked apart from one another; nothing else waits for them.
// ErrFork: the witness says that it has cosigned another history than this
// one; ErrBehind: a longer one. What it merely says stops nothing here; the
// note that it holds, signed by the log, does (Compare).
func (l *Log) Ask(ctx context.Context, name string, post func(ctx context.Context, body []byte) (status int, answer []byte, err error)) (Head, error) {
	h, err := l.newest(ctx)
	if err != nil {
		return Head{}, fmt.Errorf("record: ask %s: %w", name, err)
	}
	peers, err := l.Peers(ctx)
	if err != nil {
		return Head{}, err
	}
	old := int64(-1)
	for _, p := range peers {
		if p.Name == name {
			old = min(p.Size, h.Size)
		}
	}
	if old < 0 {
		return Head{}, fmt.Errorf("record: ask %s: the policy has no such witness", name)
	}
	for range 3 { // the first answer may correct old, another head may come between
		path, err := l.ProveConsistency(ctx, old, h.Size)
		if err != nil {
			return Head{}, err
		}
		status, answer, err := post(ctx, marshalAsk(old, path, h.Note))
		if err != nil {
			return Head{}, fmt.Errorf("record: ask %s: %w", name, err)
		}
		if status == http.StatusOK {
			return l.Cosign(ctx, h.Size, answer)
		}
		if old, err = l.conflict(status, answer, old, h.Size); err != nil {
			return Head{}, fmt.Errorf("record: ask %s: %w", name, err)
		}
	}
	return Head{}, fmt.Errorf("%w: ask %s: its size keeps changing", ErrBusy, name)
}

// met notes the longest head that a peer has cosigned.
func (l *Log) met(ctx context.Context, name string, size int64) error {
	return l.submit(ctx, func(*sequencer) error {
		return l.st.tx(ctx, func() error {
			_, err := l.st.w.ExecContext(ctx, `INSERT INTO peer (name, role, size, seen_at) VALUES ($1, 'witness', $2, $3)
				ON CONFLICT (name) DO UPDATE SET size = excluded.size, seen_at = excluded.seen_at WHERE peer.size <= excluded.size`, name, size, l.o.Now().UnixMilli())
			return err
		})
	})
}

// conflict reads a refusal: the witness's own size to start from, or why this
// cannot go on.
func (l *Log) conflict(status int, answer []byte, old, size int64) (int64, error) {
	if status == http.StatusConflict {
		n, err := strconv.ParseInt(strings.TrimSuffix(string(answer), "\n"), 10, 64)
		switch {
		case err != nil || n == old:
			return 0, fmt.Errorf("%w: answered 409 at size %d", ErrFork, size)
		case n > size:
			return 0, fmt.Errorf("%w: it says that it has cosigned %d entries: fetch its head and Compare it", ErrBehind, n)
		}
		return max(n, 0), nil
	}
	if status == http.StatusUnprocessableEntity {
		return 0, fmt.Errorf("%w: answered 422 to a proof from %d to %d", ErrFork, old, size)
	}
	return 0, fmt.Errorf("answered %d: %.200q", status, answer)
}

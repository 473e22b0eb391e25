package web

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

// exactDegrees writes a coordinate in decimal degrees, exactly.
func exactDegrees(e7 int32) json.Number {
	sign, u := "", int64(e7)
	if u < 0 {
		sign, u = "-", -u
	}
	frac := strconv.FormatInt(degree+u%degree, 10)[1:]
	return json.Number(sign + strconv.FormatInt(u/degree, 10) + "." + frac)
}

// list is a page of an answer: next is the cursor of the page after, "" at the
// end; as_of says how many entries of the record were read.
type list struct {
	AsOf int64       `json:"as_of"`
	TLP  truce.Label `json:"tlp"`            // how far it may be passed on
	Mode truce.Mode  `json:"mode,omitempty"` // exercise or demo: none of it happened
	Next string      `json:"next,omitempty"`
	Rows any         `json:"rows"`
}

func (v *visit) list(rows any, next string) list {
	return list{int64(v.frame.Index) + 1, v.frame.TLP, v.notReal(), next, rows}
}

// notReal is the mode of an exercise or a demonstration, else empty.
func (v *visit) notReal() truce.Mode { return pick(v.house.Mode == truce.Real, "", v.house.Mode) }

func (s *site) apiIncidents(v *visit) (any, error) {
	f, err := v.filter()
	if err != nil {
		return nil, err
	}
	n, err := number(v.q.Get("limit"))
	if err != nil {
		return nil, err
	}
	f.Limit = int(n)
	all, next, err := v.view.Incidents(v.ctx(), f)
	return v.list(nonNil(all), next), err
}

func (s *site) apiIncident(v *visit) (any, error) {
	i, err := v.incident(v.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	claims, err := v.view.Claims(v.ctx(), i.ID)
	return struct {
		Incident picture.Incident `json:"incident"`
		Claims   []picture.Claim  `json:"claims"`
	}{i, nonNil(claims)}, err
}

func nonNil[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}

// apiStatement is one statement as it was signed, with what the log says of it.
type apiStatement struct {
	Index    int64             `json:"index"`
	ID       truce.StatementID `json:"id"`
	Received truce.Instant     `json:"received"`
	Marking  truce.Marking     `json:"marking"`
	Refused  string            `json:"refused,omitempty"`
	GoneAt   int64             `json:"withdrawn_at,omitempty"`
	Payload  json.RawMessage   `json:"statement"`
}

func apiOf(s picture.Statement) apiStatement {
	return apiStatement{s.Index, s.ID, s.Received(), s.Marking, s.Refused, max(s.GoneAt, 0), json.RawMessage(s.Payload)}
}

func (s *site) apiStatements(v *visit) (any, error) {
	f, err := v.statementFilter()
	if err != nil {
		return nil, err
	}
	all, err := v.view.Statements(v.ctx(), f)
	if err != nil {
		return nil, err
	}
	rows, next := make([]apiStatement, len(all)), ""
	for i, x := range all {
		rows[i] = apiOf(x)
	}
	if len(all) == f.Limit {
		next = strconv.FormatInt(all[len(all)-1].Index, 10)
	}
	return v.list(rows, next), nil
}

func (s *site) apiStatement(v *visit) (any, error) {
	x, err := v.statementAt(v.r.PathValue("n"))
	return apiOf(x), err
}

// receipt is what the centre answers to a statement it took in.
type receipt struct {
	Origin    string        `json:"origin"`
	Index     int64         `json:"index"`
	ID        truce.Digest  `json:"id"`
	Received  truce.Instant `json:"received"`
	Leaf      truce.Digest  `json:"leaf"`
	Duplicate bool          `json:"duplicate"`
	Level     int           `json:"level"` // 1: durable
}

// apiSubmit takes one signed envelope from anybody, or from a token that may
// say something the kind and body of a statement, which its desk's key signs.
func (s *site) apiSubmit(v *visit) (any, error) {
	if v.r.Header.Get("Content-Type") == EnvelopeLines {
		return s.submitLines(v)
	}
	sent, err := io.ReadAll(http.MaxBytesReader(v.w, v.r.Body, truce.MaxEnvelope))
	if err != nil {
		return nil, err
	}
	var unsigned struct {
		Kind truce.Kind      `json:"kind"`
		Body json.RawMessage `json:"body"`
	}
	var r record.Receipt
	if json.Unmarshal(sent, &unsigned) == nil && unsigned.Kind != "" {
		var st truce.Statement
		if st, err = v.headed(unsigned.Kind, unsigned.Body); err == nil {
			r, err = v.say(st.Body)
		}
	} else {
		r, err = s.o.Centre.Submit(v.ctx(), sent)
	}
	return receipt{r.Origin, r.Index, r.ID, truce.Instant(r.RecvAt / 1000), r.Leaf, r.Duplicate, 1}, err
}

// EnvelopeLines is the type of a body of signed envelopes, one a line.
const EnvelopeLines = "application/jsonl"

const maxLines = 64 // envelopes in one body

// taken is the answer to one of several envelopes: a signed receipt, or why the
// statement is refused for good.
type taken struct {
	*standing
	Refused string `json:"refused,omitempty"`
}

// submitLines takes signed envelopes in order, each as its line has come, and
// answers for each. A body that is cut, or a centre that cannot take more now,
// ends it: for what has no answer nothing is said, and it is to be sent again.
func (s *site) submitLines(v *visit) (any, error) {
	lines := bufio.NewReaderSize(v.r.Body, truce.MaxEnvelope+1)
	rows := []taken{}
	for len(rows) < maxLines {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, io.EOF) { // a body that is cut ends otherwise
			if len(line) == 0 {
				break
			}
			err = nil
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			err = &http.MaxBytesError{Limit: truce.MaxEnvelope}
		}
		var x *standing
		if err == nil {
			x, err = s.takeLine(v, bytes.Clone(bytes.TrimSuffix(line, []byte("\n"))))
		}
		if err == nil {
			rows = append(rows, taken{standing: x})
			continue
		}
		if status, _ := statusOf(err); status < http.StatusInternalServerError && truce.KindOf(err) != "" {
			rows = append(rows, taken{Refused: problemOf(v.t, err).Detail})
			continue
		}
		if len(rows) == 0 {
			return nil, err
		}
		break
	}
	return v.list(rows, ""), nil
}

// takeLine takes one envelope in.
func (s *site) takeLine(v *visit, envelope []byte) (*standing, error) {
	r, err := s.o.Centre.Submit(v.ctx(), envelope)
	if err != nil {
		return nil, err
	}
	x, err := s.standing(v, r.ID)
	return &x, err
}

// readJSON reads a body strictly: what it does not know it refuses.
func readJSON(w http.ResponseWriter, r *http.Request, into any) error {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, truce.MaxBody))
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return asInvalid(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return &truce.Error{Kind: truce.Invalid, Why: "something follows the JSON: remove it"}
	}
	return nil
}

// asInvalid makes a fault of JSON one of the words; a domain error stays.
func asInvalid(err error) error {
	if truce.KindOf(err) != "" {
		return err
	}
	return &truce.Error{Kind: truce.Invalid, Why: "not a report in JSON: " + err.Error()}
}

// headed reads a body strictly, under the head that the visitor's office would
// give it now.
func (v *visit) headed(k truce.Kind, body json.RawMessage) (truce.Statement, error) {
	if err := v.maySay(); err != nil {
		return truce.Statement{}, err
	}
	info, _ := truce.InfoOf(k)
	head, err := json.Marshal(map[string]any{
		"origin": v.house.Origin, "regime": v.house.Regime, "kind": k, "v": info.Version, "office": v.me.ID, "desk": v.who.Name,
		"made_at": v.s.o.Centre.Now().String(), "body": body,
	})
	if err != nil {
		return truce.Statement{}, &truce.Error{Kind: truce.Invalid, Field: "body", Why: "it is not JSON"}
	}
	return truce.DecodeBody(head)
}

func healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "alive\n") // the reader went away
}

// readyz answers once the picture shows what the record holds.
func (s *site) readyz(w http.ResponseWriter, r *http.Request) {
	at, err := s.o.Centre.Picture().Position(r.Context())
	if size := s.o.Centre.Record().Size(); err == nil && at.Size < size {
		err = &truce.Error{Kind: truce.Unavailable, Why: "the picture is being built: " + strconv.FormatInt(at.Size, 10) + " of " + strconv.FormatInt(size, 10) + " entries"}
	}
	if err != nil {
		p := problemOf(s.pages.catalogue.In("en"), err)
		http.Error(w, p.Detail, p.Status)
		return
	}
	_, _ = io.WriteString(w, "ready\n") // the reader went away
}

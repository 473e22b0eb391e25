package web

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"

	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

// maxPasskeys bounds the passkeys of one office that a signature is tried with.
const maxPasskeys = 64

// passkeysPage lists the passkeys of the visitor's office and enrols one more.
type passkeysPage struct {
	page
	Office string
	Keys   []keyPart
	May    bool // the office's role may grant keys
	Name   bool // the page was reached by a name: an address has no passkeys
	Host   string
}

// passkeys shows who of the visitor's office signs in the browser.
func (s *site) passkeys(v *visit) error {
	p := &passkeysPage{page: v.page(Link{v.t.T("nav.offices"), "/offices"}, Link{v.t.T("passkey.title"), ""}), Office: v.officeName(v.me.ID), May: v.may("key")}
	p.Host = hostOf(v.r)
	p.Name = strings.ContainsAny(p.Host, "abcdefghijklmnopqrstuvwxyz") && !strings.Contains(p.Host, ":")
	var err error
	p.Keys, err = v.passkeysOf(v.me.ID)
	if err != nil {
		return err
	}
	return v.show("passkeys", p)
}

// hostOf is the name by which the visitor reached the site.
func hostOf(r *http.Request) string {
	u := url.URL{Host: r.Host}
	return u.Hostname()
}

// passkeysOf are an office's passkeys that are good now.
func (v *visit) passkeysOf(office truce.OfficeID) ([]keyPart, error) {
	all, err := v.keys()
	var out []keyPart
	for _, k := range all[office] {
		if k.Class == string(truce.PasskeyKey) && k.Good && len(out) < maxPasskeys {
			out = append(out, k)
		}
	}
	return out, err
}

// enrol grants a passkey that the visitor's browser just made. It binds the
// office, so the office's own key signs it: in a demonstration here, elsewhere
// off the server.
func (s *site) enrol(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	if err := v.maySay(); err != nil {
		return err
	}
	public, err := base64.StdEncoding.DecodeString(form.Get("public"))
	if err != nil || len(public) == 0 {
		return &truce.Error{Kind: truce.Invalid, Field: "public", Why: v.t.T("passkey.no_script")}
	}
	origin, err := url.Parse(form.Get("origin"))
	if host := form.Get("rp_id"); err != nil || origin.Hostname() != hostOf(v.r) || host != origin.Hostname() && !strings.HasSuffix(origin.Hostname(), "."+host) {
		return &truce.Error{Kind: truce.Invalid, Field: "origin", Why: v.t.T("passkey.elsewhere")}
	}
	end, err := v.due(form.Get("until"))
	if err != nil {
		return err
	}
	if end != 0 && end <= s.o.Centre.Now() {
		return &truce.Error{Kind: truce.Invalid, Field: "until", Why: v.t.T("passkey.past")}
	}
	body := &truce.KeyAct{
		Act: truce.Grant, Office: v.me.ID, Desk: form.Get("person"), Class: truce.PasskeyKey, Public: public,
		RPID: form.Get("rp_id"), Origins: []string{form.Get("origin")}, Why: form.Get("why"), End: end,
	}
	if s.o.Demo == nil {
		return v.showSign(body, "/passkeys", sealedPart{}, "")
	}
	if _, err := v.say(body); err != nil {
		return err
	}
	return v.see("/passkeys")
}

// signPage shows a statement that waits for its signature, or asks for one.
type signPage struct {
	page
	Kind      truce.Kind
	KindName  string
	Office    string
	Words     string // the payload, indented, to be read
	Payload   string // the exact bytes, in base64
	Challenge string // SHA-256 of what is signed, base64url, as the browser takes it
	Digest    string // the same in hex, to be compared with another screen
	Back      string
	Passkeys  int
	Command   string
	Fields    []Field
	Fault     string
	Sealed    sealedPart
}

// signForm asks for a statement to be signed, or for one that was.
func (s *site) signForm(v *visit) error {
	return v.s.pages.Render(v.w, http.StatusOK, "sign", v.blankSign())
}

func (v *visit) blankSign() *signPage {
	p := &signPage{page: v.page(Link{v.t.T("nav.offices"), "/offices"}, Link{v.t.T("sign.title"), ""})}
	var kinds []Choice
	for _, k := range truce.Kinds() {
		if k.Binding && v.may(k.Kind) && k.Kind != "founding" {
			kinds = append(kinds, Choice{string(k.Kind), v.kindName(k.Kind)})
		}
	}
	if len(kinds) > 0 {
		p.Fields = []Field{
			{Name: "kind", Label: v.t.T("sign.kind"), Choices: kinds, Required: true},
			{Name: "body", Label: v.t.T("sign.body"), Hint: v.t.T("sign.body_hint"), Long: true, Required: true},
		}
	}
	return p
}

// prepare heads the body that a form has and shows it, to be signed.
func (s *site) prepare(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	st, err := v.headed(truce.Kind(form.Get("kind")), json.RawMessage(form.Get("body")))
	if err == nil {
		return v.showSign(st.Body, "", sealedPart{}, "")
	}
	var e *truce.Error
	if !errors.As(err, &e) {
		return err
	}
	p := v.blankSign()
	for i := range p.Fields {
		p.Fields[i].Value = form.Get(p.Fields[i].Name)
		if p.Fields[i].Name == "body" {
			p.Fields[i].Fault = strings.TrimPrefix(e.Error(), "invalid: ")
		}
	}
	status, _ := statusOf(err)
	return v.s.pages.Render(v.w, status, "sign", p)
}

// showSign shows the very words that are signed, their digest, and the two ways
// to sign them: a passkey here, or the office's key off the server.
func (v *visit) showSign(body truce.Body, back string, sealed sealedPart, fault string) error {
	if err := v.maySay(); err != nil {
		return err
	}
	st := truce.NewStatement(v.house.Origin, v.house.Regime, v.me.ID, v.who.Name, v.s.o.Centre.Now(), body)
	payload, err := truce.Encode(st)
	if err != nil {
		return err
	}
	return v.showPayload(st, payload, back, sealed, fault, http.StatusOK)
}

func (v *visit) showPayload(st truce.Statement, payload []byte, back string, sealed sealedPart, fault string, status int) error {
	keys, err := v.passkeysOf(v.me.ID)
	if err != nil {
		return err
	}
	digest := sha256.Sum256(truce.PAE(payload))
	kind := st.Body.Kind()
	p := &signPage{
		page: v.page(Link{v.t.T("nav.offices"), "/offices"}, Link{v.t.T("sign.title"), "/sign"}, Link{v.kindName(kind), ""}),
		Kind: kind, KindName: v.kindName(kind), Office: v.officeName(st.Office), Words: indent(string(payload)),
		Payload: base64.StdEncoding.EncodeToString(payload), Challenge: base64.RawURLEncoding.EncodeToString(digest[:]), Digest: hex.EncodeToString(digest[:]),
		Back: back, Passkeys: len(keys), Sealed: sealed, Fault: fault,
		Command: "marchday sign --key KEY.pem --origin " + st.Origin + " --regime " + string(st.Regime) + " --office " + string(st.Office) + " --kind " + string(kind) + " body.json > signed.dsse",
	}
	if st.Desk != "" {
		p.Command = strings.Replace(p.Command, " --kind ", " --desk "+st.Desk+" --kind ", 1)
	}
	return v.s.pages.Render(v.w, status, "sign", p)
}

// payloadOf reads the statement that a form carries.
func (v *visit) payloadOf(form url.Values) (truce.Statement, []byte, error) {
	payload, err := base64.StdEncoding.DecodeString(form.Get("payload"))
	if err != nil {
		return truce.Statement{}, nil, &truce.Error{Kind: truce.Invalid, Field: "payload", Why: "the words to be signed are cut short"}
	}
	st, err := truce.DecodeBody(payload)
	if err == nil && st.Office != v.me.ID {
		err = &truce.Error{Kind: truce.Forbidden, Field: "office", Why: v.t.T("sign.other_office")}
	}
	return st, payload, err
}

// signByPasskey takes a WebAuthn assertion over a statement, puts it into the
// envelope and submits it.
func (s *site) signByPasskey(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	if err := v.maySay(); err != nil {
		return err
	}
	st, payload, err := v.payloadOf(form)
	if err != nil {
		return err
	}
	sig, err := assertion(form)
	var r record.Receipt
	if err == nil {
		r, err = v.submitAssertion(payload, sig)
	}
	var e *truce.Error
	if errors.As(err, &e) {
		status, _ := statusOf(err)
		return v.showPayload(st, payload, form.Get("back"), sealedPart{}, e.Why, status)
	}
	if err != nil {
		return err
	}
	return v.see(local(pick(form.Get("back") == "", statementLink(r.Index).Href, form.Get("back"))))
}

// assertion joins the parts of a WebAuthn assertion as an envelope keeps them:
// authenticator data and client data, each after its length in two bytes, and
// the signature.
func assertion(form url.Values) ([]byte, error) {
	var sig []byte
	for _, name := range []string{"auth", "client", "signature"} {
		part, err := base64.StdEncoding.DecodeString(form.Get(name))
		if err != nil || len(part) == 0 || len(part) > math.MaxUint16 {
			return nil, &truce.Error{Kind: truce.Invalid, Field: name, Why: "the passkey's answer is missing or cut short: the page needs its script"}
		}
		if name != "signature" {
			sig = binary.BigEndian.AppendUint16(sig, uint16(len(part))) // bounded above
		}
		sig = append(sig, part...)
	}
	return sig, nil
}

// submitAssertion tries the office's passkeys: the browser does not say which
// of them signed. Nothing is kept of a try that does not verify.
func (v *visit) submitAssertion(payload, sig []byte) (record.Receipt, error) {
	keys, err := v.passkeysOf(v.me.ID)
	if err != nil {
		return record.Receipt{}, err
	}
	err = &truce.Error{Kind: truce.Forbidden, Field: "signatures", Why: v.t.T("sign.no_passkey")}
	for _, k := range keys {
		env := truce.Envelope{Payload: payload, Signatures: []truce.Signature{{KeyID: k.ID, Sig: sig}}}
		var r record.Receipt
		if r, err = v.s.o.Centre.Submit(v.ctx(), env.Bytes()); err == nil {
			return r, v.s.o.Centre.CatchUp(v.ctx())
		}
		var e *truce.Error
		if !errors.As(err, &e) || e.Kind != truce.Forbidden || e.Field != "signatures" {
			return r, err
		}
	}
	return record.Receipt{}, err
}

// signDownload gives the body of a statement as the file that marchday sign
// takes.
func (s *site) signDownload(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	st, _, err := v.payloadOf(form)
	if err != nil {
		return err
	}
	body, err := json.MarshalIndent(st.Body, "", "  ")
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Disposition", `attachment; filename="body.json"`)
	return v.sendFile("application/json", append(body, '\n'))
}

// signUpload takes an envelope that was signed off the server, as text or as a
// file.
func (s *site) signUpload(v *visit) error {
	if err := v.r.ParseMultipartForm(maxForm); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return &truce.Error{Kind: truce.Invalid, Field: "envelope", Why: "the form cannot be read: " + err.Error()}
	}
	text := v.r.PostForm.Get("envelope")
	if f, _, err := v.r.FormFile("file"); err == nil {
		b, err := io.ReadAll(io.LimitReader(f, truce.MaxEnvelope+1))
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		if len(b) > 0 {
			text = string(b)
		}
	}
	r, err := s.o.Centre.Submit(v.ctx(), []byte(strings.TrimSpace(text)))
	var e *truce.Error
	if errors.As(err, &e) {
		p := v.blankSign()
		p.Fault = e.Why
		status, _ := statusOf(err)
		return v.s.pages.Render(v.w, status, "sign", p)
	}
	if err != nil {
		return err
	}
	if err := s.o.Centre.CatchUp(v.ctx()); err != nil {
		return err
	}
	return v.see(statementLink(r.Index).Href)
}

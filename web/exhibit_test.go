package web

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/marchday/marchday/truce"
)

// photo is a JPEG that a camera wrote time, maker and place into.
func photo(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	img := image.NewRGBA(image.Rect(0, 0, 2050, 300))
	for x := range 2050 {
		img.Set(x, 10, color.RGBA{200, 20, 20, 255})
	}
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	block := tags()
	app1 := append([]byte{0xff, 0xe1, 0, 0}, append([]byte("Exif\x00\x00"), block...)...)
	binary.BigEndian.PutUint16(app1[2:], uint16(len(app1)-2))
	return append(append(append([]byte{}, b.Bytes()[:2]...), app1...), b.Bytes()[2:]...)
}

// tags is a block of tags in the order of bytes that most cameras use.
func tags() []byte {
	le := binary.LittleEndian
	b := []byte{'I', 'I', '*', 0, 8, 0, 0, 0}
	entry := func(tag, kind uint16, n, value uint32) {
		b = le.AppendUint16(le.AppendUint16(b, tag), kind)
		b = le.AppendUint32(le.AppendUint32(b, n), value)
	}
	b = le.AppendUint16(b, 3)
	entry(0x010f, 2, 8, 200)
	entry(0x0132, 2, 20, 220)
	entry(0x8825, 4, 1, 60)
	b = append(b, make([]byte, 60-len(b))...)
	b = le.AppendUint16(b, 4)
	entry(1, 2, 2, uint32('N'))
	entry(2, 5, 3, 300)
	entry(3, 2, 2, uint32('E'))
	entry(4, 5, 3, 340)
	b = append(b, make([]byte, 400-len(b))...)
	copy(b[200:], "KAMERA7\x00")
	copy(b[220:], "2016:03:02 09:30:00\x00")
	for i, v := range []uint32{36, 1, 12, 1, 0, 1} {
		le.PutUint32(b[300+4*i:], v)
	}
	for i, v := range []uint32{37, 1, 9, 1, 36, 1} {
		le.PutUint32(b[340+4*i:], v)
	}
	return b
}

func TestACamerasTagsAreRead(t *testing.T) {
	got := readEXIF(photo(t))
	want := exif{Taken: "2016-03-02T09:30:00", Make: "KAMERA7", Lat: "36.2000000", Lon: "37.1600000"}
	if got != want {
		t.Errorf("have %+v\nwant %+v", got, want)
	}
}

func FuzzCamerasTags(f *testing.F) {
	f.Add(tags())
	f.Add([]byte("MM\x00*\x00\x00\x00\x08\xff\xff"))
	f.Fuzz(func(t *testing.T, block []byte) {
		block = block[:min(len(block), 60_000)]
		app1 := append([]byte{0xff, 0xd8, 0xff, 0xe1, 0, 0}, append([]byte("Exif\x00\x00"), block...)...)
		binary.BigEndian.PutUint16(app1[4:], uint16(len(app1)-4))
		if e := readEXIF(app1); len(e.Make) > 64 || strings.ContainsAny(e.Make, "\x00\n") {
			t.Errorf("%+v", e)
		}
		readEXIF(block)
	})
}

func (h *testHouse) upload(t *testing.T, office string, file []byte, fields map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile("file", "street.jpg")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(file); err != nil {
		t.Fatal(err)
	}
	for k, v := range fields {
		if err := m.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/exhibits", &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if office != "" {
		r.AddCookie(&http.Cookie{Name: "office", Value: office})
	}
	w := httptest.NewRecorder()
	h.site.ServeHTTP(w, r)
	return w
}

func TestAnExhibitIsKeptAndShownToWhomItIsFor(t *testing.T) {
	h := ownHouse(t)
	file := photo(t)
	w := h.upload(t, "us", file, map[string]string{"marking": "green", "captured": "2016-03-02T12:00", "from": "a clinic's desk"})
	where := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || where == "" {
		t.Fatalf("upload: status %d: %s", w.Code, w.Body)
	}
	analyst := h.get(t, "ru", where+"?lang=en").Body.String()
	for _, want := range []string{"image/jpeg", truce.DigestOf(file).String(), "KAMERA7", "36.2000000 37.1600000", "us/web", "a clinic&#39;s desk", "differs from the stated one by 2"} {
		if !strings.Contains(analyst, want) {
			t.Errorf("an analyst does not see %q", want)
		}
	}
	if s, _ := newest(t, h); strings.Contains(s.Payload, "street") || strings.Contains(analyst, "street.jpg") {
		t.Error("what the sender called the file is on the record")
	}
	liaison := h.get(t, "gov-liaison", where+"?lang=en").Body.String()
	if !strings.Contains(liaison, where+"/copy") || strings.Contains(liaison, "KAMERA7") || strings.Contains(liaison, where+"/file") {
		t.Error("a liaison is to see the copy, and neither the camera's words nor the original")
	}
	shown := h.get(t, "gov-liaison", where+"/copy")
	img, err := jpeg.Decode(bytes.NewReader(shown.Body.Bytes()))
	if err != nil {
		t.Fatal("the viewing copy:", err)
	}
	if _, grey := img.(*image.Gray); !grey || img.Bounds().Dx() > maxSide {
		t.Errorf("the copy is %T of %v, want a grey one of at most %d", img, img.Bounds(), maxSide)
	}
	if bytes.Contains(shown.Body.Bytes(), []byte("Exif")) || bytes.Contains(shown.Body.Bytes(), []byte("KAMERA7")) {
		t.Error("the copy holds what the camera wrote")
	}
	original := h.get(t, "un", where+"/file")
	if !bytes.Equal(original.Body.Bytes(), file) || !strings.HasPrefix(original.Header().Get("Content-Disposition"), "attachment") || original.Header().Get("Content-Type") != "application/octet-stream" {
		t.Errorf("the original is %d bytes as %v", original.Body.Len(), original.Header())
	}
	for office, status := range map[string]int{"gov-liaison": http.StatusForbidden, "": http.StatusForbidden} {
		if got := h.get(t, office, where+"/file").Code; got != status {
			t.Errorf("%q asks for the original: status %d, want %d", office, got, status)
		}
	}
	for _, part := range []string{"", "/copy"} {
		if got := h.get(t, "", where+part).Code; got != http.StatusNotFound {
			t.Errorf("the public asks for %q: status %d, want 404", part, got)
		}
	}
	h.handOn(t, where)
}

// handOn checks that a log of custody grows, by the office that began it.
func (h *testHouse) handOn(t *testing.T, where string) {
	t.Helper()
	form := url.Values{"by": {"forensic desk"}, "note": {"for comparison"}}
	if w := h.post(t, "ru", where+"/custody", form); w.Code != http.StatusForbidden {
		t.Errorf("another office continues the log: status %d, want 403", w.Code)
	}
	w := h.post(t, "us", where+"/custody", form)
	next := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || next == where {
		t.Fatalf("hand on: status %d: %s", w.Code, w.Body)
	}
	if body := h.get(t, "us", next).Body.String(); !strings.Contains(body, "forensic desk") || !strings.Contains(body, "us/web") {
		t.Error("the log does not have all hands")
	}
}

func TestFilesThatCannotBeKeptAreRefusedWithTheReason(t *testing.T) {
	h := ownHouse(t)
	var small bytes.Buffer
	if err := png.Encode(&small, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	huge := bytes.Clone(small.Bytes())
	binary.BigEndian.PutUint32(huge[16:], 100_000) // the width that the head states; its checksum is then wrong too
	for name, c := range map[string]struct {
		office string
		file   []byte
		fields map[string]string
		status int
	}{
		"nothing":              {"us", nil, map[string]string{"marking": "amber"}, http.StatusUnprocessableEntity},
		"over the limit":       {"us", make([]byte, maxExhibit+1), map[string]string{"marking": "amber"}, http.StatusUnprocessableEntity},
		"far over the limit":   {"us", make([]byte, maxExhibit+maxForm+1), map[string]string{"marking": "amber"}, http.StatusRequestEntityTooLarge},
		"about what is not":    {"us", small.Bytes(), map[string]string{"marking": "amber", "about": "S 99999"}, http.StatusNotFound},
		"an unknown marking":   {"us", small.Bytes(), map[string]string{"marking": "pink"}, http.StatusUnprocessableEntity},
		"by the public":        {"", small.Bytes(), map[string]string{"marking": "amber"}, http.StatusForbidden},
		"an image":             {"us", small.Bytes(), map[string]string{"marking": "amber"}, http.StatusSeeOther},
		"a damaged image":      {"us", small.Bytes()[:small.Len()-20], map[string]string{"marking": "amber"}, http.StatusSeeOther},
		"a text, without copy": {"us", []byte("a list"), map[string]string{"marking": "amber"}, http.StatusSeeOther},
		"a head that is false": {"us", huge, map[string]string{"marking": "amber"}, http.StatusSeeOther},
	} {
		if w := h.upload(t, c.office, c.file, c.fields); w.Code != c.status {
			t.Errorf("%s: status %d, want %d", name, w.Code, c.status)
		}
	}
}

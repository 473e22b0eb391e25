package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

// Assets serves what pages load: style, fonts, islands and licences, embedded
// in the program. Nothing is read from elsewhere at run time.
type Assets struct {
	files map[string]*asset
}

// An asset is one file; it is compressed when first asked for.
type asset struct {
	body   []byte
	kind   string
	etag   string
	hashed bool // the name holds the digest, so it may be kept for ever
	gzip   func() []byte
}

// NewAssets reads the folders; a name in an earlier folder hides the same name
// in a later one. A folder that is missing is empty.
func NewAssets(folders ...fs.FS) (*Assets, error) {
	a := &Assets{files: map[string]*asset{}}
	for _, folder := range folders {
		err := fs.WalkDir(folder, ".", func(name string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) && name == "." {
				return nil
			}
			if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") || a.files[name] != nil {
				return err
			}
			body, err := fs.ReadFile(folder, name)
			if err != nil {
				return fmt.Errorf("read asset %s: %w", name, err)
			}
			a.files[name] = newAsset(name, body)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return a, nil
}

// Has reports whether a file of that name is in the program; islands are not
// when it was built without npm.
func (a *Assets) Has(name string) bool { return a.files[name] != nil }

// ServeHTTP answers GET and HEAD for the last part of the path below /assets/.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := a.files[strings.TrimPrefix(path.Clean(r.URL.Path), "/assets/")]
	if f == nil {
		http.Error(w, "no such asset: "+r.URL.Path, http.StatusNotFound)
		return
	}
	f.serve(w, r)
}

func (f *asset) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "this file is only read: use GET", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("ETag", f.etag)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	if f.hashed {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if match := r.Header.Get("If-None-Match"); strings.Contains(match, f.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.body
	if f.gzip != nil {
		h.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body = f.gzip()
		}
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // the reader went away
	}
}

func newAsset(name string, body []byte) *asset {
	sum := sha256.Sum256(body)
	f := &asset{body: body, kind: kindOf(name), etag: `W/"` + hex.EncodeToString(sum[:12]) + `"`, hashed: strings.HasPrefix(name, "a/") || strings.HasPrefix(name, "chunk-")}
	if !strings.HasSuffix(name, ".woff2") && len(body) > 1024 {
		f.gzip = sync.OnceValue(func() []byte {
			var b bytes.Buffer
			z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid
			_, _ = z.Write(body)                                  // a buffer takes everything
			_ = z.Close()
			return b.Bytes()
		})
	}
	return f
}

// kindOf names the media type by our own table: the machine's may differ, and
// a module script of the wrong type is refused by browsers.
func kindOf(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".json", ".map":
		return "application/json"
	case ".geojson":
		return "application/geo+json"
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".woff2":
		return "font/woff2"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

package main

// params is the piece of a line for a TLS version and a cipher suite, as it was
// last written.
type params struct {
	version, suite uint16
	text           []byte
}

func (p *params) append(b []byte, version, suite uint16) []byte {
	if version != p.version || suite != p.suite {
		p.build(version, suite)
	}
	return append(b, p.text...)
}

func (p *params) build(version, suite uint16) {
	p.version, p.suite, p.text = version, suite, p.text[:0]
	if version != 0 {
		p.text = append(p.text, `,"tls_version":"`...)
		p.text = append(appendVersion(p.text, version), '"')
	}
	if suite != 0 {
		p.text = append(p.text, `,"cipher_suite":"`...)
		p.text = append(appendSuite(p.text, suite), '"')
	}
}

// appendVersion appends the name of a TLS version as crypto/tls has it, which
// is too large to import here.
func appendVersion(b []byte, v uint16) []byte {
	switch v {
	case 0x0303:
		return append(b, "TLS 1.2"...)
	case 0x0304:
		return append(b, "TLS 1.3"...)
	}
	return appendNumber(b, v)
}

// appendSuite appends the IANA name of a cipher suite, or its number.
func appendSuite(b []byte, suite uint16) []byte {
	if name := suiteName(suite); name != "" {
		return append(b, name...)
	}
	return appendNumber(b, suite)
}

func suiteName(suite uint16) string {
	switch suite {
	case 0x1301:
		return "TLS_AES_128_GCM_SHA256"
	case 0x1302:
		return "TLS_AES_256_GCM_SHA384"
	case 0x1303:
		return "TLS_CHACHA20_POLY1305_SHA256"
	case 0xc009:
		return "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"
	case 0xc00a:
		return "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"
	case 0xc013:
		return "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"
	case 0xc014:
		return "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"
	case 0xc02b:
		return "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
	case 0xc02c:
		return "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
	case 0xc02f:
		return "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
	case 0xc030:
		return "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
	case 0xcca8:
		return "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
	case 0xcca9:
		return "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
	}
	return ""
}

func appendNumber(b []byte, n uint16) []byte {
	return append(b, '0', 'x', digits[n>>12], digits[n>>8&15], digits[n>>4&15], digits[n&15])
}

package main

// A DNS server that knows Services and the pods of headless ones: what a test
// cluster needs of one, in a program that has the client anyway.

import (
	"context"
	"flag"
	"log"
	"net"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corev1 "k8s.io/client-go/listers/core/v1"
	discoveryv1 "k8s.io/client-go/listers/discovery/v1"
	"k8s.io/client-go/tools/clientcmd"
)

type names struct {
	services corev1.ServiceLister
	slices   discoveryv1.EndpointSliceLister
}

// lookup knows SERVICE.NAMESPACE.svc.cluster.local., and with POD. before it
// the pods of a headless one.
func (n names) lookup(name string) (ips []string, ok bool) {
	p := strings.Split(strings.ToLower(name), ".")
	pod := ""
	if len(p) == 7 {
		pod, p = p[0], p[1:]
	}
	if len(p) != 6 || strings.Join(p[2:], ".") != "svc.cluster.local." {
		return nil, false
	}
	service, err := n.services.Services(p[1]).Get(p[0])
	if err != nil {
		return nil, false
	}
	if service.Spec.ClusterIP != "None" && pod == "" {
		return []string{service.Spec.ClusterIP}, true
	}
	of := labels.SelectorFromSet(labels.Set{"kubernetes.io/service-name": p[0]})
	slices, _ := n.slices.EndpointSlices(p[1]).List(of)
	for _, slice := range slices {
		for _, e := range slice.Endpoints {
			if pod == "" || e.Hostname != nil && *e.Hostname == pod {
				ips = append(ips, e.Addresses...)
			}
		}
	}
	return ips, len(ips) > 0
}

// answer turns a question into its answer.
func (n names) answer(m *dnsmessage.Message) {
	q := m.Questions[0]
	m.Header.Response, m.Header.Authoritative, m.Header.RecursionAvailable = true, true, true
	m.Additionals = nil
	ips, ok := n.lookup(q.Name.String())
	if !ok {
		m.Header.RCode = dnsmessage.RCodeNameError
	}
	if q.Type != dnsmessage.TypeA {
		return
	}
	header := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 1}
	for _, ip := range ips {
		var a dnsmessage.AResource
		copy(a.A[:], net.ParseIP(ip).To4())
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &a})
	}
}

func dns() {
	kubeconfig := flag.String("kubeconfig", "", "")
	listen := flag.String("listen", "127.0.0.1:53", "")
	flag.Parse()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatal(err)
	}
	client := kubernetes.NewForConfigOrDie(config)
	f := informers.NewSharedInformerFactory(client, 10*time.Minute)
	n := names{f.Core().V1().Services().Lister(), f.Discovery().V1().EndpointSlices().Lister()}
	f.Start(context.Background().Done())
	f.WaitForCacheSync(context.Background().Done())
	c, err := net.ListenPacket("udp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	buf := make([]byte, 1500)
	for {
		size, from, err := c.ReadFrom(buf)
		var m dnsmessage.Message
		if err != nil || m.Unpack(buf[:size]) != nil || len(m.Questions) != 1 {
			continue
		}
		n.answer(&m)
		if out, err := m.Pack(); err == nil {
			c.WriteTo(out, from)
		}
	}
}

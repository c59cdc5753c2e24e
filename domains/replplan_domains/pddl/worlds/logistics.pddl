(define (domain logistics)
  (:requirements :strips :typing)
  (:types city place package vehicle - object
          airport - place
          truck airplane - vehicle)
  (:predicates (at ?x - object ?p - place) (in ?b - package ?v - vehicle)
               (in-city ?p - place ?c - city))
  (:action load
    :parameters (?b - package ?v - vehicle ?p - place)
    :precondition (and (at ?b ?p) (at ?v ?p))
    :effect (and (in ?b ?v) (not (at ?b ?p))))
  (:action unload
    :parameters (?b - package ?v - vehicle ?p - place)
    :precondition (and (in ?b ?v) (at ?v ?p))
    :effect (and (at ?b ?p) (not (in ?b ?v))))
  (:action drive
    :parameters (?t - truck ?from - place ?to - place ?c - city)
    :precondition (and (at ?t ?from) (in-city ?from ?c) (in-city ?to ?c))
    :effect (and (at ?t ?to) (not (at ?t ?from))))
  (:action fly
    :parameters (?a - airplane ?from - airport ?to - airport)
    :precondition (and (at ?a ?from))
    :effect (and (at ?a ?to) (not (at ?a ?from)))))

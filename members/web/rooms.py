"""Addresses of the pages about pets, pictures and what members care about; part of ``members.web.urls``."""

from django.urls import path

from members.web import animals, caring, picturing

PATHS = [
    path("me/pictures/<uuid:ref>/<str:size>.webp", picturing.picture, name="picture"),
    path("me/avatar/", picturing.avatar, name="avatar"),
    path("me/interests/", caring.choose, name="interests"),
    path("me/pets/", animals.listing, name="pets"),
    path("me/pets/none/", animals.no_pet, name="pets-none"),
    path("me/pets/add/", animals.add, name="pet-add"),
    path("me/pets/<int:ref>/", animals.show, name="pet"),
    path("me/pets/<int:ref>/edit/", animals.edit, name="pet-edit"),
    path("me/pets/<int:ref>/photo/", animals.photo, name="pet-photo"),
    path("me/pets/<int:ref>/weight/", animals.weigh, name="pet-weight"),
    path("me/pets/<int:ref>/farewell/", animals.farewell, name="pet-farewell"),
    path("me/pets/<int:ref>/remove/", animals.remove, name="pet-remove"),
]
